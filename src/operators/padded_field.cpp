#include "operators/padded_field.hpp"

#include <algorithm>

namespace lacuna {
namespace {

/// Source coordinates under the stencil of a block of targets.
Block needed(const Stencil& s, const Block& targets, std::size_t axis) {
  if (targets.count == 0) return {};
  return {targets.start + s.first[axis], targets.count + s.taps[axis] - 1};
}
/// The least block with both.
Block hull(const Block& a, const Block& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  const PetscInt start = std::min(a.start, b.start);
  return {start, std::max(a.start + a.count, b.start + b.count) - start};
}
/// Padded positions along a local axis that copy another one: (to, from), relative to the first padded position.
std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> localPads(const Block& padded, PetscInt n, Boundary boundary) {
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> pads;
  for (PetscInt i = 0; i < padded.count; ++i) {
    const PetscInt at = padded.start + i;
    if (at >= 0 && at < n) continue;
    const PetscInt from = sourceRow(at, n, boundary);
    if (from >= 0) pads.emplace_back(i, from - padded.start);
  }
  return pads;
}

}  // namespace

PaddedField::PaddedField(const Stencil& s) {
  const ProcessGrid& grid = s.source.grid();
  const auto slab = static_cast<std::size_t>(s.slab);
  const Shape& shape = s.source.shape();
  const std::array<PetscInt, 3> extents{shape.nz, shape.ny, shape.nx};
  const int me = grid.spaceRank();

  // 1. The array: along the slab axis what is owned or needed; along the others the source and its borders.
  std::vector<Block> rows;
  for (std::size_t r = 0; r < s.sourceRows.size(); ++r)
    rows.push_back(hull(s.sourceRows[r], needed(s, s.targetRows[r], slab)));
  const auto mine = static_cast<std::size_t>(me);
  const Block pixels = hull({0, extents[2]}, needed(s, s.targets[2], 2));
  const Block lines = slab == 0 ? hull({0, extents[1]}, needed(s, s.targets[1], 1)) : Block{0, 1};
  length_ = extents[2];
  lines_ = slab == 0 ? extents[1] : 1;
  frames_ = s.source.box().count[0];
  ownRows_ = s.sourceRows[mine].count;
  line_ = static_cast<std::ptrdiff_t>(wholeCacheLines(std::int64_t{8} * pixels.count)) / 8;
  row_ = line_ * lines.count;
  frame_ = row_ * rows[mine].count;
  firstOwn_ = s.sourceRows[mine].start - rows[mine].start;
  firstRow_ = s.targetRows[mine].count > 0 ? s.targetRows[mine].start + s.first[slab] - rows[mine].start : 0;
  ownLine_ = slab == 0 ? -lines.start : 0;
  ownPixel_ = -pixels.start;
  pixelPads_ = localPads(pixels, extents[2], s.boundary);
  if (slab == 0) linePads_ = localPads(lines, extents[1], s.boundary);

  // 2. Memory: zero where no source feeds it, for ever.
  together(grid.space(), [&] {
    const std::int64_t size = std::max<std::int64_t>(frames_ * frame_, 1);
    data_ = alignedBuffer<double>(size);
    std::fill_n(data_.get(), size, 0.0);
  });

  // 3. Rows of others, and rows beyond the border.
  exchange_ = std::make_unique<RowExchange>(grid.space(), static_cast<PetscInt>(row_), links(s, rows, me));
}

std::vector<RowLink> PaddedField::links(const Stencil& s, const std::vector<Block>& rows, int me) const {
  const auto slab = static_cast<std::size_t>(s.slab);
  const PetscInt n = s.source.shape().extents()[2 + slab];
  const auto mine = static_cast<std::size_t>(me);
  const Block need = needed(s, s.targetRows[mine], slab), own = s.sourceRows[mine];
  std::vector<RowLink> out;
  for (PetscInt f = 0; f < frames_; ++f)
    for (PetscInt at = need.start; at < need.start + need.count; ++at) {
      if (at >= own.start && at < own.start + own.count) continue;
      const PetscInt from = sourceRow(at, n, s.boundary);
      if (from < 0) continue;
      std::size_t owner = 0;
      while (from >= s.sourceRows[owner].start + s.sourceRows[owner].count) ++owner;
      out.push_back({static_cast<int>(owner), f * rows[owner].count + from - rows[owner].start,
                     f * rows[mine].count + at - rows[mine].start});
    }
  return out;
}

void PaddedField::pad(double* line) const {
  for (const auto& [to, from] : pixelPads_) line[to] = line[from];
}

void PaddedField::fillBorders(PetscInt frame, PetscInt row) {
  double* first = data_.get() + frame * frame_ + (firstOwn_ + row) * row_;
  for (PetscInt y = 0; y < lines_; ++y) pad(first + (ownLine_ + y) * line_);
  for (const auto& [to, from] : linePads_) std::copy_n(first + from * line_, line_, first + to * line_);
}

double* PaddedField::own(PetscInt frame, PetscInt line) {
  return data_.get() + frame * frame_ + (firstOwn_ + line / lines_) * row_ + (ownLine_ + line % lines_) * line_ +
         ownPixel_;
}

void PaddedField::fill(const ConvolutionEngine::Fill& fill) {
  PetscInt entry = 0;
  for (PetscInt f = 0; f < frames_; ++f)
    for (PetscInt r = 0; r < ownRows_; ++r) {
      for (PetscInt y = 0; y < lines_; ++y, entry += length_) fill(entry, length_, own(f, r * lines_ + y));
      fillBorders(f, r);  // while the row is in the cache
    }
  exchange_->beginCopy(data_.get());
  exchange_->endCopy(data_.get(), data_.get());
}

void PaddedField::finish() {
  for (PetscInt f = 0; f < frames_; ++f)
    for (PetscInt r = 0; r < ownRows_; ++r) fillBorders(f, r);
  exchange_->beginCopy(data_.get());
  exchange_->endCopy(data_.get(), data_.get());
}

}  // namespace lacuna
