#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/space.hpp"
#include "grid/process_grid.hpp"

namespace lacuna {

/// Extents of a field [frame][channel][z][y][x], x fastest. An image has frames = channels = nz = 1.
struct Shape {
  PetscInt frames = 1, channels = 1, nz = 1, ny = 1, nx = 1;
  std::array<PetscInt, 5> extents() const { return {frames, channels, nz, ny, nx}; }
  std::int64_t pixels() const { return static_cast<std::int64_t>(nz) * ny * nx; }  ///< of one frame and channel
  std::int64_t size() const { return static_cast<std::int64_t>(frames) * channels * pixels(); }
  std::string text() const;  ///< "1 x 2 x 1 x 360 x 360"
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// What a rank owns: start and count on every axis, in the order of Shape. A count may be zero.
struct Box {
  std::array<PetscInt, 5> start{}, count{};
  std::int64_t size() const;
  friend bool operator==(const Box&, const Box&) = default;
};

/// The part of every frame that files and data cover; the rest of the cube is padding. Order z, y, x.
struct Window {
  std::array<PetscInt, 3> start{}, count{};
  bool line = false;  ///< y has length 1 and is no axis of the files
};

/// Contiguous blocks of ceil(n / parts): what part number `part` of n items is. Later parts may be empty.
struct Block {
  PetscInt start = 0, count = 0;
};
Block blockOf(PetscInt n, int parts, int part);

/// A field distributed over a process grid: frames in blocks over `time`, the slowest spatial axis (z, or y of
/// an image) in slabs over `space`, channels local. Cheap to copy. Local entries are in the order of Shape.
class Cube {
 public:
  Cube() = default;
  /// Collective. Throws (exit 78) if the field overflows PetscInt or an extent is not positive.
  Cube(std::shared_ptr<const ProcessGrid> grid, const Shape& shape);

  const Shape& shape() const { return shape_; }
  const Box& box() const { return box_; }
  const Space& space() const { return space_; }
  const ProcessGrid& grid() const { return *grid_; }
  const std::shared_ptr<const ProcessGrid>& gridPointer() const { return grid_; }
  MPI_Comm comm() const { return grid_->all(); }
  /// Axis of Shape that is split over `space`: 2 (z) or 3 (y).
  int slabAxis() const { return shape_.nz > 1 ? 2 : 3; }
  /// Box of any rank of the process grid.
  Box boxOf(int timeRank, int spaceRank) const;

  Window wholeWindow() const { return {{0, 0, 0}, {shape_.nz, shape_.ny, shape_.nx}}; }

  /// Collective. The same frames and pixels with another number of channels.
  Cube withChannels(PetscInt channels) const;

 private:
  std::shared_ptr<const ProcessGrid> grid_;
  Shape shape_;
  Box box_;
  Space space_;
};

}  // namespace lacuna
