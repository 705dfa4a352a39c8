#pragma once
#include <cstdint>

namespace lacuna {

/// Told by whoever sees the messages of this rank (the programs: src/base/mpi_profile.cpp): they belong to the
/// innermost phase that is open; outside of all phases they are not counted. Rank-local.
void countSent(std::int64_t messages, double bytes);

/// Time until the end of the block is that of an operation in which all ranks wait for each other: the phase
/// "reductions". Unlike Phase it may be used before PETSc starts, and is no PETSc event. Rank-local.
class ReductionScope {
 public:
  /// `bytes` is what this rank contributes.
  explicit ReductionScope(double bytes);
  ~ReductionScope();
  ReductionScope(const ReductionScope&) = delete;
  ReductionScope& operator=(const ReductionScope&) = delete;
};

}  // namespace lacuna
