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
  std::string sha256;  ///< 64 hexadecimal digits, see digestFiles()
};

/// SHA-256 goes through its text from one end to the other, so large files are taken in pieces of this many bytes.
constexpr std::int64_t digestPiece = std::int64_t{1} << 26;

/// Collective. The ranks share the pieces of all files. Up to one piece: SHA-256 of the file, as sha256sum prints it.
/// Larger: SHA-256 of the hexadecimal SHA-256 of its pieces, one behind the other; the same on any number of ranks:
///   split -b 64M --filter='sha256sum | head -c 64' FILE | sha256sum
/// Throws 66 if a file cannot be opened, 74 if reading fails or the file changes meanwhile.
std::vector<InputDigest> digestFiles(MPI_Comm comm, const std::vector<std::string>& paths);
InputDigest digestFile(MPI_Comm comm, const std::string& path);
/// Hexadecimal SHA-256 of a text, e.g. of a config.
std::string sha256(const std::string& text);

}  // namespace lacuna
