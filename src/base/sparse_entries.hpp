#pragma once
#include <petscsys.h>

#include <cstdint>
#include <vector>

namespace lacuna {

/// A sparse matrix in pieces: every entry, by its natural row and column, is on one rank, whichever; entries of the
/// same place add up.
struct SparseEntries {
  std::int64_t rows = 0, columns = 0;  ///< of the matrix; the same on all ranks
  std::vector<PetscInt> row, column;   ///< within it
  std::vector<double> value;           ///< finite
  void add(std::int64_t i, std::int64_t j, double v) {
    row.push_back(static_cast<PetscInt>(i));
    column.push_back(static_cast<PetscInt>(j));
    value.push_back(v);
  }
};

}  // namespace lacuna
