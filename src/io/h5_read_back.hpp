#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "grid/cube.hpp"

namespace lacuna {

/// What this rank wrote of a field: enough to recognise it when it is read again.
struct WrittenField {
  std::string name;
  Cube cube;
  Window window;
  PetscInt channel = 0;
  std::uint64_t hash = 0;
};

/// Rank-local. Hash (FNV-1a over 64-bit words) of the rank's part of a channel.
std::uint64_t hashOfPart(const Cube& cube, const Window& window, PetscInt channel, Vec x);

/// Collective. Reads the fields of a closed file again, every rank the part that it wrote. MPI-IO was seen to report
/// success for writes that the system had refused, and a hole of zeros passes fletcher32. Throws 74.
void requireReadBack(MPI_Comm comm, const std::string& path, const std::vector<WrittenField>& fields);

}  // namespace lacuna
