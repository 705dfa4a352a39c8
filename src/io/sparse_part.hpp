#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/sparse_entries.hpp"

namespace lacuna {

/// [start, start + count): what a rank reads of n items.
struct PartOfFile {
  std::int64_t start = 0, count = 0;
};
inline PartOfFile partOfFile(MPI_Comm comm, std::int64_t n) {
  const int ranks = sizeOf(comm), rank = rankOf(comm);
  const std::int64_t each = n / ranks, more = n % ranks;
  return {each * rank + std::min<std::int64_t>(rank, more), each + (rank < more)};
}

/// `what` names the file. Throws 65 for a matrix without entries, 78 if PetscInt is too small.
inline SparseEntries emptyMatrix(const std::string& what, std::int64_t rows, std::int64_t columns) {
  if (rows < 1 || columns < 1)
    throw Error(ExitCode::BadData, what + ": a matrix of " + std::to_string(rows) + " x " + std::to_string(columns));
  if (std::max(rows, columns) > std::numeric_limits<PetscInt>::max())
    throw Error(ExitCode::BadConfig, what + ": a matrix of " + std::to_string(rows) + " x " + std::to_string(columns) +
                                         " overflows the indices of this PETSc: build with -DLACUNA_PETSC=petsc64");
  SparseEntries m;
  m.rows = rows;
  m.columns = columns;
  return m;
}

/// Rank-local. Item number `index` of `dataset`, "PATH: dataset 'indices': entry 7 ", for messages.
inline std::string itemText(const std::string& what, std::int64_t index) {
  return what + ": entry " + std::to_string(index);
}

}  // namespace lacuna
