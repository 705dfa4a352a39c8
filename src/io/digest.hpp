#pragma once
#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna {

/// What identifies an input file in /provenance.
struct InputDigest {
  std::string path;
  std::int64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits
};

/// Collective. Read by rank 0 in pieces. Throws 66 if the file cannot be opened, 74 if reading fails.
InputDigest digestFile(MPI_Comm comm, const std::string& path);
/// Collective. Of each of them.
std::vector<InputDigest> digestFiles(MPI_Comm comm, const std::vector<std::string>& paths);
/// Hexadecimal SHA-256 of a text, e.g. of a config.
std::string sha256(const std::string& text);

}  // namespace lacuna
