#pragma once
#include <mpi.h>

#include <cmath>

#include "base/error.hpp"

namespace lacuna {

/// Squared sizes of a split w = K x of ADMM and of its multipliers p, of what this rank has.
struct SplitSize {
  double multipliers = 0, features = 0;

  /// Collective. |p| / |w|; infinity where w is zero, NaN where both are.
  double ratio(MPI_Comm comm) const {
    const double mine[2] = {multipliers, features};
    double all[2] = {0, 0};
    checkMpi(MPI_Allreduce(mine, all, 2, MPI_DOUBLE, MPI_SUM, comm));
    return std::sqrt(all[0] / all[1]);
  }
};

}  // namespace lacuna
