#include "solvers/edge_split.hpp"

#include <algorithm>
#include <string>

namespace lacuna {

std::vector<EdgeSplit::Pair> EdgeSplit::leaving(PetscInt image, PetscInt grid) {
  if (grid == 1) return {};
  if (image == grid) return {{grid - 1, 0}};
  return {{grid - 1, 0}, {image - 1, image}};
}

EdgeSplit::EdgeSplit(const Cube& grid, const WindowRows& rows, const Cube& image, double strength,
                     const std::array<double, 3>& spacing, double relaxation)
    : grid_(grid),
      rows_(rows),
      relaxation_(relaxation),
      frames_(static_cast<std::size_t>(grid.box().count[0])),
      row_(static_cast<std::size_t>(rows.rowLength())) {
  const Shape &g = grid.shape(), &f = image.shape();
  const bool volume = g.nz > 1;
  for (std::size_t a = 0; a < 3; ++a) strength_[a] = strength / (spacing[a] * spacing[a]);
  if (!volume) strength_ = {strength_[1], 0, strength_[2]};
  pixels_ = leaving(f.nx, g.nx);
  if (volume) lines_ = leaving(f.ny, g.ny);
  const std::size_t local = frames_ * static_cast<std::size_t>(rows.rows());
  w_.resize(local * static_cast<std::size_t>(rows.lines()) * pixels_.size());
  v_.resize(local * lines_.size() * static_cast<std::size_t>(rows.lineLength()));

  // Every rank lists the ends of all pairs, and so knows where its partners keep theirs.
  const PetscInt allRows = volume ? g.nz : g.ny, block = blockOf(allRows, grid.grid().spaceSize(), 0).count;
  const int me = grid.grid().spaceRank();
  const auto ownerOf = [&](PetscInt row) { return static_cast<int>(row / block); };
  std::vector<std::size_t> ends(static_cast<std::size_t>(grid.grid().spaceSize()), 0);
  struct Wanted {
    int rank;
    std::size_t theirs, mine;
  };
  std::vector<Wanted> wanted;
  for (const Pair& pair : leaving(volume ? f.nz : f.ny, allRows)) {
    const int low = ownerOf(pair.low), high = ownerOf(pair.high);
    const std::size_t lowEnd = ends[static_cast<std::size_t>(low)]++, highEnd = ends[static_cast<std::size_t>(high)]++;
    if (low == me) {
      ends_.push_back({pair.low - block * me, allEnds_, -1, std::vector<double>(frames_ * row_)});
      wanted.push_back({high, highEnd, lowEnd});
    }
    if (high == me) {
      ends_.push_back({pair.high - block * me, allEnds_ + 1, 1, std::vector<double>(frames_ * row_)});
      wanted.push_back({low, lowEnd, highEnd});
    }
    allEnds_ += 2;
  }
  own_.resize(frames_ * ends_.size() * row_);
  ghosts_.resize(own_.size());
  std::vector<RowLink> links;
  for (std::size_t t = 0; t < frames_; ++t)
    for (const Wanted& link : wanted)
      links.push_back({link.rank, static_cast<PetscInt>(t * ends[static_cast<std::size_t>(link.rank)] + link.theirs),
                       static_cast<PetscInt>(t * ends_.size() + link.mine)});
  exchange_ = std::make_unique<RowExchange>(grid.grid().space(), rows.rowLength(), links);
}

Space EdgeSplit::rowSpace(std::int64_t perRow) const {
  const auto axis = static_cast<std::size_t>(grid_.slabAxis());
  const std::int64_t all = grid_.shape().extents()[axis] * perRow, mine = rows_.rows() * perRow;
  std::vector<NaturalRun> runs;
  for (PetscInt t = 0; t < grid_.box().count[0] && mine > 0; ++t)
    runs.push_back({static_cast<PetscInt>(t * mine), static_cast<PetscInt>(mine),
                    (grid_.box().start[0] + t) * all + grid_.box().start[axis] * perRow, 1});
  return Space(grid_.comm(), static_cast<std::int64_t>(frames_) * mine, std::move(runs));
}

void EdgeSplit::keepIn(State& state, ArrayViews& views) {
  const Space pixels = rowSpace(static_cast<std::int64_t>(rows_.lines()) * static_cast<std::int64_t>(pixels_.size()));
  const Space lines =
      rowSpace(static_cast<std::int64_t>(rows_.lineLength()) * static_cast<std::int64_t>(lines_.size()));
  state.field("edge_pixels", pixels, views.of(pixels, w_)).field("edge_lines", lines, views.of(lines, v_));
  std::vector<double> none;
  for (std::size_t place = 0; place < allEnds_; ++place) {
    std::vector<double>* w = &none;
    for (RowEnd& end : ends_)
      if (end.place == place) w = &end.w;
    std::vector<NaturalRun> runs;
    if (!w->empty())
      runs.push_back({0, static_cast<PetscInt>(w->size()), grid_.box().start[0] * static_cast<std::int64_t>(row_), 1});
    const Space space(grid_.comm(), static_cast<std::int64_t>(w->size()), std::move(runs));
    state.field("edge_end_" + std::to_string(place), space, views.of(space, *w));
  }
}

void EdgeSplit::add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  const auto nx = static_cast<std::size_t>(rows_.lineLength());
  const auto f = static_cast<std::size_t>(frame);
  for (PetscInt i = firstRow; i < firstRow + count; ++i, rows += row_) {
    const std::size_t r = f * static_cast<std::size_t>(rows_.rows()) + static_cast<std::size_t>(i);
    const double* w = w_.data() + r * static_cast<std::size_t>(rows_.lines()) * pixels_.size();
    for (PetscInt y = 0; y < rows_.lines(); ++y)
      for (const Pair& pair : pixels_) {
        const double c = strength_[2] * *w++;
        rows[static_cast<std::size_t>(y) * nx + static_cast<std::size_t>(pair.high)] += c;
        rows[static_cast<std::size_t>(y) * nx + static_cast<std::size_t>(pair.low)] -= c;
      }
    const double* v = v_.data() + r * lines_.size() * nx;
    for (const Pair& pair : lines_)
      for (std::size_t x = 0; x < nx; ++x) {
        const double c = strength_[1] * *v++;
        rows[static_cast<std::size_t>(pair.high) * nx + x] += c;
        rows[static_cast<std::size_t>(pair.low) * nx + x] -= c;
      }
    for (const RowEnd& end : ends_)
      if (end.row == i)
        for (std::size_t x = 0; x < row_; ++x) rows[x] += end.sign * strength_[0] * end.w[f * row_ + x];
  }
}

void EdgeSplit::update(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) {
  const auto nx = static_cast<std::size_t>(rows_.lineLength());
  const auto f = static_cast<std::size_t>(frame);
  const PetscInt pixels = rows_.firstPixel() + rows_.pixels();
  for (PetscInt i = firstRow; i < firstRow + count; ++i, x += row_) {
    const std::size_t r = f * static_cast<std::size_t>(rows_.rows()) + static_cast<std::size_t>(i);
    const bool here = rows_.row(i).place != WindowRows::Place::Outside;
    double* w = w_.data() + r * static_cast<std::size_t>(rows_.lines()) * pixels_.size();
    for (PetscInt y = 0; y < rows_.lines(); ++y)
      for (const Pair& pair : pixels_) {
        const double* line = x + static_cast<std::size_t>(y) * nx;
        if (here && rows_.lineOf(y) >= 0) *w += relaxation_ * (line[pair.high] - line[pair.low] - *w);
        ++w;
      }
    double* v = v_.data() + r * lines_.size() * nx;
    for (const Pair& pair : lines_)
      for (PetscInt k = 0; k < rows_.lineLength(); ++k, ++v)
        if (here && k < pixels)
          *v += relaxation_ * (x[static_cast<std::size_t>(pair.high) * nx + static_cast<std::size_t>(k)] -
                               x[static_cast<std::size_t>(pair.low) * nx + static_cast<std::size_t>(k)] - *v);
    for (std::size_t e = 0; e < ends_.size(); ++e)
      if (ends_[e].row == i) std::copy_n(x, row_, own_.data() + (f * ends_.size() + e) * row_);
  }
}

void EdgeSplit::finish() {
  exchange_->beginCopy(own_.data());
  exchange_->endCopy(own_.data(), ghosts_.data());
  const auto nx = static_cast<std::size_t>(rows_.lineLength()), pixels = static_cast<std::size_t>(rows_.pixels());
  for (std::size_t t = 0; t < frames_; ++t)
    for (std::size_t e = 0; e < ends_.size(); ++e) {
      const double* x = own_.data() + (t * ends_.size() + e) * row_;
      const double* other = ghosts_.data() + (t * ends_.size() + e) * row_;
      double* w = ends_[e].w.data() + t * row_;
      for (PetscInt y = 0; y < rows_.lines(); ++y, x += nx, other += nx, w += nx)
        if (rows_.lineOf(y) >= 0)
          for (std::size_t i = 0; i < pixels; ++i) w[i] += relaxation_ * (ends_[e].sign * (x[i] - other[i]) - w[i]);
    }
}

}  // namespace lacuna
