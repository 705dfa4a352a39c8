#include "operators/reflected_fold.hpp"

namespace lacuna {

ReflectedFold::ReflectedFold(const Stencil& s, const Cube& image, const std::vector<Block>& imageRows)
    : slab_(s.slab),
      n_{image.shape().nz, image.shape().ny, image.shape().nx},
      targets_(s.targets),
      frames_(image.box().count[0]) {
  const ProcessGrid& grid = s.source.grid();
  const auto slab = static_cast<std::size_t>(slab_), me = static_cast<std::size_t>(grid.spaceRank());
  own_ = imageRows[me];
  std::int64_t rest = targets_[2].count;
  if (slab_ == 0) rest *= targets_[1].count;
  std::vector<RowLink> links;
  const Block& rows = s.targetRows[me];
  for (PetscInt f = 0; f < frames_; ++f)
    for (PetscInt i = 0; i < rows.count; ++i) {
      const PetscInt at = rows.start + i;
      if (at >= 0 && at < n_[slab]) continue;
      const PetscInt to = sourceRow(at, n_[slab], Boundary::Reflect);
      std::size_t owner = 0;
      while (to >= imageRows[owner].start + imageRows[owner].count) ++owner;
      links.push_back({static_cast<int>(owner), f * s.targetRows[owner].count + to - s.targetRows[owner].start,
                       f * rows.count + i});
    }
  together(grid.space(), [&] {
    values_.resize(static_cast<std::size_t>(frames_) * static_cast<std::size_t>(rows.count) *
                   static_cast<std::size_t>(rest));
  });
  exchange_ = std::make_unique<RowExchange>(grid.space(), static_cast<PetscInt>(rest), links);
}

double* ReflectedFold::line(PetscInt frame, PetscInt z, PetscInt y) {
  const std::size_t index = (static_cast<std::size_t>(frame) * targets_[0].count + z) * targets_[1].count + y;
  return values_.data() + index * static_cast<std::size_t>(targets_[2].count);
}

void ReflectedFold::finish(const ConvolutionEngine::Use& use) {
  const PetscInt nz = targets_[0].count, ny = targets_[1].count;
  for (PetscInt f = 0; f < frames_; ++f)
    for (PetscInt z = 0; z < nz; ++z) {
      for (PetscInt y = 0; y < ny; ++y) {
        double* to = line(f, z, y) - targets_[2].start;
        for (PetscInt x = targets_[2].start; x < targets_[2].start + targets_[2].count; ++x)
          if (x < 0 || x >= n_[2]) to[sourceRow(x, n_[2], Boundary::Reflect)] += to[x];
      }
      if (slab_ == 0)
        for (PetscInt y = 0; y < ny; ++y) {
          const PetscInt at = targets_[1].start + y;
          if (at >= 0 && at < n_[1]) continue;
          const double* from = line(f, z, y);
          double* to = line(f, z, sourceRow(at, n_[1], Boundary::Reflect) - targets_[1].start);
          for (PetscInt x = 0; x < targets_[2].count; ++x) to[x] += from[x];
        }
    }
  exchange_->addBack(values_.data(), values_.data());

  PetscInt entry = 0;
  for (PetscInt f = 0; f < frames_; ++f)
    for (PetscInt r = 0; r < own_.count; ++r) {
      const PetscInt row = own_.start + r - targets_[static_cast<std::size_t>(slab_)].start;
      for (PetscInt y = 0; y < (slab_ == 0 ? n_[1] : 1); ++y, entry += n_[2])
        use(entry, n_[2], (slab_ == 0 ? line(f, row, y - targets_[1].start) : line(f, 0, row)) - targets_[2].start);
    }
}

}  // namespace lacuna
