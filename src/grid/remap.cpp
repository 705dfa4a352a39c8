#include "grid/remap.hpp"

#include <algorithm>

namespace lacuna {

PetscInt reflected(std::int64_t i, PetscInt n) {
  if (n == 1) return 0;
  const std::int64_t period = 2 * (static_cast<std::int64_t>(n) - 1);
  i = (i % period + period) % period;
  return static_cast<PetscInt>(std::min(i, period - i));
}

Remap::Remap(const Cube& from, const Cube& to, const std::function<PetscInt(int, PetscInt)>& source)
    : from_(from), to_(to) {
  const Shape &a = from.shape(), &b = to.shape();
  if (a.frames != b.frames || a.channels != b.channels || from.gridPointer() != to.gridPointer() ||
      from.slabAxis() != to.slabAxis())
    throw Error("Remap: the cubes differ in more than their pixels");
  const std::array<PetscInt, 3> extents{b.nz, b.ny, b.nx};
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (PetscInt i = 0; i < extents[axis]; ++i) source_[axis].push_back(source(static_cast<int>(axis), i));

  const auto slab = static_cast<std::size_t>(from.slabAxis());
  const int ranks = from.grid().spaceSize();
  std::vector<RowLink> links;
  for (PetscInt row = 0; row < to.box().count[slab]; ++row) {
    const PetscInt wanted = source_[slab - 2][static_cast<std::size_t>(to.box().start[slab] + row)];
    for (int rank = 0; rank < ranks && wanted >= 0; ++rank) {
      const Block block = blockOf(a.extents()[slab], ranks, rank);
      if (wanted >= block.start && wanted < block.start + block.count)
        links.push_back({rank, wanted - block.start, row});
    }
  }
  exchange_ = std::make_unique<RowExchange>(from.grid().space(), slab == 2 ? a.ny * a.nx : a.nx, links);
}

void Remap::apply(Vec x, Vec y) const {
  if (!from_.space().holds(x) || !to_.space().holds(y)) throw Error("Remap: a vector is not in the space of its cube");
  const auto slab = static_cast<std::size_t>(from_.slabAxis());
  const Box &a = from_.box(), &b = to_.box();
  const PetscInt nx = from_.shape().nx, height = slab == 2 ? from_.shape().ny : 1;  // lines in a row of the slab axis
  const PetscInt rows = b.count[slab], lines = slab == 2 ? b.count[3] : 1;
  const PetscInt planes = b.count[0] * b.count[1];
  const std::size_t rest = static_cast<std::size_t>(height) * nx;
  const ReadLocal in(x);
  const WriteLocal out(y);
  std::vector<double> wanted(static_cast<std::size_t>(rows) * rest);
  double* to = out.data();
  for (PetscInt plane = 0; plane < planes; ++plane) {
    const double* own = in.data() + static_cast<std::size_t>(plane) * a.count[slab] * rest;
    exchange_->beginCopy(own);
    exchange_->endCopy(own, wanted.data());
    for (PetscInt row = 0; row < rows; ++row)
      for (PetscInt line = 0; line < lines; ++line) {
        const PetscInt there = source_[slab - 2][static_cast<std::size_t>(b.start[slab] + row)];
        const PetscInt j = slab == 2 ? source_[1][static_cast<std::size_t>(line)] : 0;
        const double* from = wanted.data() + static_cast<std::size_t>(row) * rest +
                             static_cast<std::size_t>(std::max<PetscInt>(j, 0)) * nx;
        for (const PetscInt i : source_[2]) *to++ = there < 0 || j < 0 || i < 0 ? 0 : from[i];
      }
  }
}

}  // namespace lacuna
