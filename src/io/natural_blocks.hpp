#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// A field of a Space in natural order, cut into equal blocks over the ranks: what a 1-D dataset needs that any number
/// of ranks shall read. The natural indices of the Space must be 0 ... global() - 1.
class NaturalBlocks {
 public:
  /// Collective. Blocks end where chunks of the file do: after a multiple of `chunk` entries.
  explicit NaturalBlocks(const Space& space, std::int64_t chunk = std::int64_t{1} << 18);

  std::int64_t start() const { return start_; }  ///< of this rank's block
  std::int64_t count() const { return count_; }

  /// Collective. This rank's block of x.
  std::vector<double> gather(Vec x) const;
  /// There is one rank, whose entries are in natural order: x is its block.
  bool same() const { return mineTo_.size() == 1 && inOrder(mine_, 0) && inOrder(theirs_, start_); }
  /// Collective. x from the blocks.
  void scatter(const std::vector<double>& block, Vec x) const;

 private:
  /// A strided piece of a rank's entries that lies in one block.
  struct Piece {
    std::int64_t local = 0, natural = 0, count = 0, stride = 1;
  };
  /// Whether the pieces follow one another both here and, from `first` on, in the field.
  static bool inOrder(const std::vector<Piece>& pieces, std::int64_t first);
  Space space_;
  std::int64_t start_ = 0, count_ = 0;
  std::vector<Piece> mine_;               ///< by block
  std::vector<Piece> theirs_;             ///< of my block, by rank; `local` counts what arrives
  std::vector<int> mineTo_, theirsFrom_;  ///< entries, by rank
  std::vector<int> mineAt_, theirsAt_;    ///< where they begin
};

/// Collective. A hash of a field of which every rank has a part in natural order, from index `start` on; it does not
/// depend on the number of ranks.
std::uint64_t naturalHash(MPI_Comm comm, std::int64_t start, std::span<const double> part);

}  // namespace lacuna
