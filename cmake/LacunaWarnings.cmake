# Warnings for our own code; carried by an interface target, so that every target of ours has the same.
add_library(lacuna_warnings INTERFACE)
target_compile_options(lacuna_warnings INTERFACE
  $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion;-Wnon-virtual-dtor>)
if(LACUNA_SANITIZE)
  target_compile_options(lacuna_warnings INTERFACE
    $<BUILD_INTERFACE:-fsanitize=${LACUNA_SANITIZE};-fno-sanitize-recover=all;-fno-omit-frame-pointer>)
  target_link_options(lacuna_warnings INTERFACE $<BUILD_INTERFACE:-fsanitize=${LACUNA_SANITIZE}>)
endif()
