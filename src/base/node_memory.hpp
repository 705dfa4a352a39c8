#pragma once
#include <petscsys.h>

#include <cstdint>

namespace lacuna {

/// Bytes that all processes on this node may use together: its memory, or what the control groups (SLURM's, a
/// container's) leave of it. 0 if the system does not tell. Rank-local.
std::int64_t nodeMemory();

/// The most memory that processes had resident at any time so far, bytes.
struct PeakMemory {
  std::int64_t most = 0, all = 0;  ///< of the largest rank; sum over the ranks
};
/// Collective.
PeakMemory peakMemory(MPI_Comm comm);

/// Collective. Sum of `bytes` over the ranks that share my node.
std::int64_t sumOverNode(MPI_Comm comm, std::int64_t bytes);

}  // namespace lacuna
