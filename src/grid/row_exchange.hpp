#pragma once
#include <mpi.h>
#include <petscsys.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/phase.hpp"

namespace lacuna {

/// A row that is wanted here and lives on some rank, perhaps this one.
struct RowLink {
  int rank = 0;         ///< owner
  PetscInt theirs = 0;  ///< index of the row in the owner's array of own rows
  PetscInt mine = 0;    ///< index of the row in my array of wanted rows
};

/// Copies whole rows between ranks along a fixed set of links, and adds them back (the adjoint). Lists, buffers and
/// persistent messages are made once, one message for each pair of ranks and direction. Rank pairs without links
/// exchange nothing; a rank may have no links at all.
class RowExchange {
 public:
  /// Collective. `rest` = doubles in a row. The links are those into this rank's wanted rows; every wanted row has
  /// at most one. Throws (exit 78) where a message exceeds the counts of MPI.
  RowExchange(MPI_Comm comm, PetscInt rest, const std::vector<RowLink>& links, std::string phase = "halo");
  ~RowExchange();
  RowExchange(const RowExchange&) = delete;
  RowExchange& operator=(const RowExchange&) = delete;

  /// Collective (neighbours). Sends what others want; work may be done until endCopy, which sets wanted[mine] =
  /// own[theirs].
  void beginCopy(const double* own);
  void endCopy(const double* own, double* wanted);
  /// Collective (neighbours). own[theirs] += wanted[mine] for all links of all ranks, always in the same order.
  void addBack(const double* wanted, double* own);

  std::int64_t remoteRows() const { return static_cast<std::int64_t>(wantedRows_.size()); }  ///< received by a copy

 private:
  struct Peer {
    int rank = 0;
    std::size_t rows = 0;
  };
  double gigabytes() const { return 8e-9 * static_cast<double>(wantedRows_.size() * rest_); }
  void exchangeLists(MPI_Comm comm, const std::vector<std::vector<PetscInt>>& theirs);
  void makeMessages(MPI_Comm comm);

  std::size_t rest_;
  std::vector<RowLink> local_;                     ///< links whose owner is this rank
  std::vector<Peer> owners_, wanters_;             ///< ranks that I receive from, and that I send to, in a copy
  std::vector<PetscInt> wantedRows_, servedRows_;  ///< rows of these messages, one after the other
  std::vector<double> wantedBuffer_, servedBuffer_;
  std::vector<MPI_Request> copy_, back_;
  Phase phase_;
};

}  // namespace lacuna
