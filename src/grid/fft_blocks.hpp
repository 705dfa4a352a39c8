#pragma once
/// How the work buffers of BasicFft are laid out and cut into blocks.
#include <algorithm>
#include <cstdint>

#include "base/aligned_buffer.hpp"
#include "grid/modes.hpp"

namespace lacuna {

/// Items in a block of about `bytes`, so that a block and its transform stay in the second-level cache.
inline constexpr std::int64_t rowBytes = 128 << 10, lineBytes = 256 << 10;
inline PetscInt blockItems(PetscInt items, std::int64_t bytes, std::int64_t bytesPerItem) {
  return static_cast<PetscInt>(
      std::clamp<std::int64_t>(bytes / std::max<std::int64_t>(bytesPerItem, 1), 1, std::max<PetscInt>(items, 1)));
}

/// Complex numbers from a transformed row to the next. Rows that stay here begin where a cache line does: what is
/// written to them line by line, a block at a time, then fills whole cache lines.
template <class Complex>
std::int64_t rowStride(const Cube& cube, const Modes& modes) {
  constexpr auto each = static_cast<std::int64_t>(sizeof(Complex));
  const std::int64_t row = static_cast<std::int64_t>(modes.allLines()) * modes.inner();
  return cube.grid().spaceSize() > 1 ? row : wholeCacheLines(each * row) / each;
}
/// Complex numbers of a plane, by rows or by lines, whichever are more here.
template <class Complex>
std::int64_t modesOfPlane(const Cube& cube, const Modes& modes) {
  const Block slab = blockOf(cube.shape().extents()[cube.slabAxis()], cube.grid().spaceSize(), cube.grid().spaceRank());
  const std::int64_t line = static_cast<std::int64_t>(modes.inner()) * modes.lineLength();
  return std::max(rowStride<Complex>(cube, modes) * slab.count, line * modes.lines().count);
}

}  // namespace lacuna
