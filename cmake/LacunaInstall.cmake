# cmake --install: programs, library, headers, package files (CMake and pkg-config), example inputs and documents.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/lacuna)

install(TARGETS lacuna lacuna_config EXPORT lacunaTargets)
if(programs)
  install(TARGETS ${programs})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lacuna FILES_MATCHING PATTERN "*.hpp")
install(EXPORT lacunaTargets NAMESPACE lacuna:: DESTINATION ${package_folder})

# The Python drivers: drivers/lacuna-NAME is a script, drivers/lacuna_NAME/ the modules it imports.
file(GLOB scripts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/drivers/lacuna-*)
list(FILTER scripts EXCLUDE REGEX "\\.cpp$")
install(PROGRAMS ${scripts} DESTINATION ${CMAKE_INSTALL_BINDIR})
file(GLOB modules CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/drivers/lacuna_*)
install(DIRECTORY ${modules} DESTINATION ${CMAKE_INSTALL_DATADIR}/lacuna/python PATTERN "__pycache__" EXCLUDE)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/inputs ${PROJECT_SOURCE_DIR}/jobs
  DESTINATION ${CMAKE_INSTALL_DATADIR}/lacuna)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CITATION.cff
  ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(lacuna): finds the same dependencies again, by the same file, and the same PETSc unless told otherwise.
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/lacunaConfig.cmake.in lacunaConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(lacunaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lacunaConfig.cmake ${PROJECT_BINARY_DIR}/lacunaConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/LacunaDependencies.cmake DESTINATION ${package_folder})

# pkg-config: PETSc, MPI, HDF5 and FFTW-MPI by their full names, for which not every site has module files of one name.
set(pc_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_prefix /prefix/${pc_folder} /prefix)
cmake_path(SET pc_prefix NORMALIZE "${pc_prefix}")
set(pc_includes ${lacuna_petsc_INCLUDE_DIRS} ${MPI_CXX_INCLUDE_DIRS} ${HDF5_C_INCLUDE_DIRS})
list(REMOVE_ITEM pc_includes ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
list(REMOVE_DUPLICATES pc_includes)
list(TRANSFORM pc_includes PREPEND "-isystem ")
get_target_property(pc_definitions lacuna INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM pc_definitions PREPEND "-D")
list(JOIN pc_includes " " pc_includes)
list(JOIN pc_definitions " " pc_definitions)
set(pc_cflags "${pc_definitions} ${pc_includes}")
set(pc_libraries ${lacuna_petsc_LINK_LIBRARIES} ${HDF5_HL_LIBRARIES} ${HDF5_C_LIBRARIES} ${FFTW3_MPI_LIBRARY} ${FFTW3F_MPI_LIBRARY} ${MPI_CXX_LIBRARIES})
list(REMOVE_DUPLICATES pc_libraries)
list(JOIN pc_libraries " " pc_libs)
configure_file(${PROJECT_SOURCE_DIR}/cmake/lacuna.pc.in lacuna.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lacuna.pc DESTINATION ${pc_folder})
