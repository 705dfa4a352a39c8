#pragma once
#include <cstdint>
#include <vector>

#include "io/window_part.hpp"

namespace lacuna {

/// A box of the entries of a dataset, and where they are in this rank's memory: entry start + i (i < count on every
/// axis) is at offset + sum of i[axis] stride[axis]. Axes as in the file, the slowest first.
struct FileRegion {
  std::vector<std::int64_t> extents;  ///< of the whole dataset
  std::vector<std::int64_t> start, count, stride;
  std::int64_t offset = 0;

  std::size_t axes() const { return extents.size(); }
  bool empty() const;
  bool contains(const std::vector<std::int64_t>& entry) const;
};

/// What a rank holds of one channel of a field. `leading`: axes of length 1 that the dataset has in front of
/// fileExtents().
FileRegion fieldRegion(const Cube& cube, const Window& window, const WindowPart& part, std::size_t leading = 0);

/// Entries [start, start + count) of `total` on one axis.
FileRegion columnRegion(std::int64_t total, std::int64_t start, std::int64_t count);

/// The chunks of a dataset, counted from 0, the last axis fastest.
class ChunkGrid {
 public:
  /// Chunks of up to 2 MiB of doubles: whole rows first, then rows, planes, frames.
  explicit ChunkGrid(std::vector<std::int64_t> extents, std::int64_t valueBytes = 8);
  ChunkGrid(std::vector<std::int64_t> extents, std::vector<std::int64_t> chunk);

  const std::vector<std::int64_t>& chunk() const { return chunk_; }
  std::int64_t values() const;  ///< of a chunk
  std::int64_t chunks() const;
  std::vector<std::int64_t> corner(std::int64_t index) const;
  /// The chunks that share entries with the region, ascending.
  std::vector<std::int64_t> touching(const FileRegion& region) const;
  /// The part of the region that is in a chunk; empty where there is none.
  FileRegion inside(const FileRegion& region, std::int64_t index) const;
  /// The part of a chunk that is in the dataset (edge chunks reach over it), in the memory of a chunk by itself.
  FileRegion whole(std::int64_t index) const;
  /// The same entries in the memory of a chunk by itself.
  FileRegion inChunk(const FileRegion& part, std::int64_t index) const;

 private:
  std::vector<std::int64_t> extents_, chunk_, across_;
};

/// Rank-local. Neighbours in one memory are so in the other: one block of bytes can be taken for both, if it is whole.
bool sameOrder(const FileRegion& a, const FileRegion& b);

/// Rank-local. Copies between two memories of the same entries.
void copyRegion(const FileRegion& from, const double* source, const FileRegion& to, double* out);

}  // namespace lacuna
