# generated/version.hpp: version and git hash, for /provenance of the outputs. Run as a script by every build, so that
# the hash is that of what was compiled; the header is touched, and its users compiled again, only where it changes.
if(CMAKE_SCRIPT_MODE_FILE)
  set(LACUNA_GIT_HASH "unknown")
  execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(LACUNA_GIT_HASH "${described}")
  endif()
  configure_file(${SOURCE_DIR}/cmake/version.hpp.in ${HEADER} @ONLY)
  return()
endif()
add_custom_target(lacuna_version
  COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D PROJECT_VERSION=${PROJECT_VERSION}
    -D HEADER=${PROJECT_BINARY_DIR}/generated/version.hpp -P ${CMAKE_CURRENT_LIST_FILE}
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/version.hpp
  COMMENT "Version and git hash" VERBATIM)
