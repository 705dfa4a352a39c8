#include "grid/process_grid.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace lacuna {
namespace {

int defaultTimeRanks(int ranks, PetscInt frames) {
  int best = 1;
  for (int d = 1; d <= ranks; ++d)
    if (ranks % d == 0 && d <= frames) best = d;
  return best;
}

}  // namespace

ProcessGrid::ProcessGrid(MPI_Comm comm, PetscInt frames, int timeRanks) {
  const int ranks = sizeOf(comm), rank = rankOf(comm);
  timeSize_ = timeRanks > 0 ? timeRanks : defaultTimeRanks(ranks, frames);
  if (ranks % timeSize_ != 0)
    throw Error(ExitCode::BadConfig, "process grid: " + std::to_string(timeSize_) + " time groups do not divide " +
                                         std::to_string(ranks) + " ranks");
  spaceSize_ = ranks / timeSize_;
  timeRank_ = rank / spaceSize_;
  spaceRank_ = rank % spaceSize_;
  checkMpi(MPI_Comm_dup(comm, &all_));
  checkMpi(MPI_Comm_split(all_, timeRank_, spaceRank_, &space_));
  checkMpi(MPI_Comm_split(all_, spaceRank_, timeRank_, &time_));
}

ProcessGrid::~ProcessGrid() {
  for (MPI_Comm* comm : {&time_, &space_, &all_})
    if (*comm != MPI_COMM_NULL) MPI_Comm_free(comm);
}

}  // namespace lacuna
