#pragma once
#include <memory>
#include <span>

#include "grid/halo.hpp"

namespace lacuna {

/// The rows that lie around the slab of a rank, without the slab itself: for what reads its own rows where they are.
/// Row list and message buffers are made once. Ranks without pixels have none.
class GhostRows {
 public:
  /// Collective. `depth` rows on either side, at least 1. Throws as Halo.
  GhostRows(const Cube& cube, PetscInt depth, RowBoundary boundary);

  /// Entries of [frame][channel][2 depth rows][rest]: the rows below the slab, and then those above.
  std::size_t size() const { return size_; }
  /// Collective (neighbours). `own`: the pixels of the box. `ghosts` has size() entries.
  void fill(const double* own, std::span<double> ghosts) const;

 private:
  std::size_t size_ = 0;
  std::unique_ptr<RowExchange> exchange_;
};

}  // namespace lacuna
