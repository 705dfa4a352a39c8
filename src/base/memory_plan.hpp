#pragma once
#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lacuna {

/// What a run keeps in memory on this rank, before anything is allocated.
struct MemoryPlan {
  struct Item {
    std::string what;
    std::int64_t bytes = 0;
  };
  std::vector<Item> items;
  std::int64_t total() const;
  /// Collective. The table: bytes of the largest rank and of all ranks together.
  std::string text(MPI_Comm comm) const;
  /// Collective. Throws (exit 78) where the ranks of a node would need more than the node has: the system would kill
  /// the run somewhere on its way. `what`: the sizes that the user can change, for the message.
  void requireRoom(MPI_Comm comm, const std::string& what) const;
};

}  // namespace lacuna
