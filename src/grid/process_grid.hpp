#pragma once
#include <petscsys.h>

#include <memory>

namespace lacuna {

/// Ranks arranged as time x space: rank = timeRank * spaceSize + spaceRank. Frames are split over `time`,
/// the slowest spatial axis over `space`. Owns its communicators; share it by shared_ptr.
class ProcessGrid {
 public:
  /// Collective. `timeRanks` = 0 takes the largest divisor of the number of ranks that is not above `frames`.
  /// Throws (exit 78) if timeRanks does not divide the number of ranks.
  ProcessGrid(MPI_Comm comm, PetscInt frames, int timeRanks = 0);
  ~ProcessGrid();
  ProcessGrid(const ProcessGrid&) = delete;
  ProcessGrid& operator=(const ProcessGrid&) = delete;

  MPI_Comm all() const { return all_; }
  MPI_Comm space() const { return space_; }  ///< ranks that share my frames
  MPI_Comm time() const { return time_; }    ///< ranks that share my rows
  int spaceRank() const { return spaceRank_; }
  int spaceSize() const { return spaceSize_; }
  int timeRank() const { return timeRank_; }
  int timeSize() const { return timeSize_; }

 private:
  MPI_Comm all_ = MPI_COMM_NULL, space_ = MPI_COMM_NULL, time_ = MPI_COMM_NULL;
  int spaceRank_ = 0, spaceSize_ = 1, timeRank_ = 0, timeSize_ = 1;
};

}  // namespace lacuna
