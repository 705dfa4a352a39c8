#pragma once
#include <memory>
#include <span>

#include "base/aligned_buffer.hpp"
#include "grid/row_exchange.hpp"
#include "operators/convolution_engine.hpp"

namespace lacuna {

/// How a correlation out(t) = sum_r h(r) in(t + first + r), r = 0 ... taps - 1, lies between two distributed fields:
/// which targets every rank computes (they may lie outside the target's image, where a reflected border is folded
/// back).
struct Stencil {
  Cube source;
  int slab = 1;                   ///< axis of z, y, x that is split over ranks
  std::vector<Block> sourceRows;  ///< rows of the slab axis that every rank of `space` owns
  std::vector<Block> targetRows;  ///< and those that it computes
  std::array<Block, 3> targets;   ///< of this rank, z, y, x
  std::array<PetscInt, 3> first{}, taps{};
  Boundary boundary = Boundary::Zero;
};

/// The local pixels of a field and all that a stencil needs around them, on each local frame: [frame][z][y][x] with
/// the neighbours' rows and the boundary's. Lines along x begin on a cache line. Messages are persistent.
class PaddedField {
 public:
  /// Collective.
  explicit PaddedField(const Stencil& stencil);

  /// Collective (neighbours). Takes the source through `fill`, then the neighbours' rows.
  void fill(const ConvolutionEngine::Fill& fill);
  /// The same in two steps, for a source that comes line by line: its own lines, each put where own() says, then
  /// finish.
  double* own(PetscInt frame, PetscInt line);
  void finish();

  /// The first pixel under the stencil of target (0, 0, 0) of a frame, and the distance of lines and planes.
  const double* firstTap(PetscInt frame) const { return data_.get() + frame * frame_ + firstRow_ * row_; }
  std::ptrdiff_t lineStride() const { return line_; }
  std::ptrdiff_t planeStride() const { return row_; }
  PetscInt frames() const { return frames_; }
  std::int64_t bytes() const { return 8 * frames_ * frame_; }

 private:
  void fillBorders(PetscInt frame, PetscInt row);
  void pad(double* line) const;
  std::vector<RowLink> links(const Stencil& stencil, const std::vector<Block>& rows, int me) const;

  AlignedBuffer<double> data_;
  std::unique_ptr<RowExchange> exchange_;
  PetscInt frames_ = 0, ownRows_ = 0, lines_ = 0, length_ = 0;  ///< lines of a row of the slab axis, pixels of a line
  std::ptrdiff_t frame_ = 0, row_ = 0, line_ = 0;               ///< distances
  std::ptrdiff_t firstOwn_ = 0, firstRow_ = 0;                  ///< rows of the array: the first of ours, the first tap
  std::ptrdiff_t ownLine_ = 0, ownPixel_ = 0;                   ///< where the source begins in a row, and in a line
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> linePads_, pixelPads_;  ///< (to, from)
};

}  // namespace lacuna
