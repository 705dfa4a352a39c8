#pragma once
#include "base/error.hpp"

namespace lacuna {

/// Half of the ranks in a communicator of their own; MPI_COMM_NULL on the others.
class HalfOfTheRanks {
 public:
  explicit HalfOfTheRanks(MPI_Comm comm) {
    const int rank = rankOf(comm), few = (sizeOf(comm) + 1) / 2;
    checkMpi(MPI_Comm_split(comm, rank < few ? 0 : MPI_UNDEFINED, rank, &comm_));
  }
  ~HalfOfTheRanks() {
    if (comm_ != MPI_COMM_NULL) MPI_Comm_free(&comm_);
  }
  HalfOfTheRanks(const HalfOfTheRanks&) = delete;
  HalfOfTheRanks& operator=(const HalfOfTheRanks&) = delete;
  MPI_Comm comm() const { return comm_; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

}  // namespace lacuna
