#pragma once
#include <string>

namespace lacuna {

/// "PETSc 3.18.5, HDF5 1.10.8, ...": what the program runs with, asked from the libraries themselves.
std::string libraryVersions();

}  // namespace lacuna
