#include "operators/grid_embedding.hpp"

#include <algorithm>

namespace lacuna {

GridEmbedding::GridEmbedding(const Cube& field, const Cube& grid, const std::vector<Block>& fieldRows, int slab,
                             Boundary boundary, const std::array<PetscInt, 3>& offset,
                             const std::array<PetscInt, 3>& before, const std::array<PetscInt, 3>& after)
    : n_{field.shape().nz, field.shape().ny, field.shape().nx},
      extent_{grid.shape().nz, grid.shape().ny, grid.shape().nx},
      slab_(slab),
      local_(field.grid().spaceSize() == 1) {
  for (std::size_t a = 0; a < 3; ++a) {
    auto& source = source_[a];
    source.assign(static_cast<std::size_t>(extent_[a]), -1);
    const auto put = [&](PetscInt i) {  // coordinate of the field
      const PetscInt p = i + offset[a];
      source[static_cast<std::size_t>((p % extent_[a] + extent_[a]) % extent_[a])] = sourceRow(i, n_[a], boundary);
    };
    if (boundary == Boundary::Reflect)
      for (PetscInt i = 1; i <= std::max(before[a], after[a]); ++i) {
        if (i <= before[a]) put(-i);
        if (i <= after[a]) put(n_[a] - 1 + i);
      }
    for (PetscInt i = 0; i < n_[a]; ++i) put(i);
  }
  const auto axis = static_cast<std::size_t>(slab_), me = static_cast<std::size_t>(field.grid().spaceRank());
  rest_ = slab_ == 0 ? static_cast<std::int64_t>(n_[1]) * n_[2] : n_[2];
  const Block rows{grid.box().start[2 + axis], grid.box().count[2 + axis]};
  firstRow_ = rows.start;
  together(field.grid().space(), [&] {
    own_.resize(static_cast<std::size_t>(fieldRows[me].count * rest_));
    if (!local_) wanted_.resize(static_cast<std::size_t>(rows.count * rest_));
  });
  if (local_) return;
  std::vector<RowLink> links;
  for (PetscInt r = 0; r < rows.count; ++r) {
    const PetscInt from = source_[axis][static_cast<std::size_t>(rows.start + r)];
    if (from < 0) continue;
    std::size_t owner = 0;
    while (from >= fieldRows[owner].start + fieldRows[owner].count) ++owner;
    links.push_back({static_cast<int>(owner), from - fieldRows[owner].start, r});
  }
  exchange_ = std::make_unique<RowExchange>(field.grid().space(), static_cast<PetscInt>(rest_), links);
}

void GridEmbedding::spread(PetscInt frame, const ConvolutionEngine::Fill& fill) {
  const auto count = static_cast<PetscInt>(own_.size());
  if (count > 0) fill(frame * count, count, own_.data());
  if (local_) return;
  exchange_->beginCopy(own_.data());
  exchange_->endCopy(own_.data(), wanted_.data());
}

const double* GridEmbedding::rowSource(PetscInt localRow) const {
  const PetscInt from = source_[static_cast<std::size_t>(slab_)][static_cast<std::size_t>(firstRow_ + localRow)];
  if (from < 0) return nullptr;
  return local_ ? own_.data() + from * rest_ : wanted_.data() + localRow * rest_;
}

void GridEmbedding::putRow(PetscInt localRow, double* row) const {
  const double* in = rowSource(localRow);
  const PetscInt lines = slab_ == 0 ? extent_[1] : 1;
  for (PetscInt y = 0; y < lines; ++y, row += extent_[2]) {
    const PetscInt fromY = slab_ == 0 ? source_[1][static_cast<std::size_t>(y)] : 0;
    if (!in || fromY < 0) {
      std::fill_n(row, extent_[2], 0.0);
      continue;
    }
    const double* line = in + static_cast<std::int64_t>(fromY) * n_[2];
    for (PetscInt x = 0; x < extent_[2]; ++x) {
      const PetscInt from = source_[2][static_cast<std::size_t>(x)];
      row[x] = from < 0 ? 0 : line[from];
    }
  }
}

void GridEmbedding::clear() {
  std::fill(own_.begin(), own_.end(), 0.0);
  std::fill(wanted_.begin(), wanted_.end(), 0.0);
}

void GridEmbedding::addRow(PetscInt localRow, const double* row) {
  auto* to = const_cast<double*>(rowSource(localRow));
  if (!to) return;
  const PetscInt lines = slab_ == 0 ? extent_[1] : 1;
  for (PetscInt y = 0; y < lines; ++y, row += extent_[2]) {
    const PetscInt toY = slab_ == 0 ? source_[1][static_cast<std::size_t>(y)] : 0;
    if (toY < 0) continue;
    double* line = to + static_cast<std::int64_t>(toY) * n_[2];
    for (PetscInt x = 0; x < extent_[2]; ++x) {
      const PetscInt into = source_[2][static_cast<std::size_t>(x)];
      if (into >= 0) line[into] += row[x];
    }
  }
}

void GridEmbedding::collect(PetscInt frame, const ConvolutionEngine::Use& use) {
  if (!local_) exchange_->addBack(wanted_.data(), own_.data());
  const auto count = static_cast<PetscInt>(own_.size());
  if (count > 0) use(frame * count, count, own_.data());
}

}  // namespace lacuna
