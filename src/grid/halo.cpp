#include "grid/halo.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace lacuna {
namespace {

constexpr PetscInt nothing = -1;

void checkDepth(const char* what, PetscInt depth) {
  if (depth < 0)
    throw Error(ExitCode::BadConfig,
                std::string("halo: the depth ") + what + " is " + std::to_string(depth) + "; it must not be negative");
}

PaddedShape localShape(const Cube& cube, const RowHalo& rows, const FrameHalo& frames) {
  checkDepth("below", rows.below);
  checkDepth("above", rows.above);
  checkDepth("before", frames.before);
  checkDepth("after", frames.after);
  const Shape& shape = cube.shape();
  const Box& box = cube.box();
  const int axis = cube.slabAxis();
  const std::int64_t rest = axis == 2 ? static_cast<std::int64_t>(shape.ny) * shape.nx : shape.nx;
  PaddedShape p{frames.before, box.count[0],    frames.after, shape.channels,
                rows.below,    box.count[axis], rows.above,   static_cast<PetscInt>(rest)};
  if (frames.boundary == FrameBoundary::None) {
    p.before = std::min(p.before, box.start[0]);
    p.after = std::min<PetscInt>(p.after, shape.frames - box.start[0] - box.count[0]);
  }
  if (p.rows == 0 || p.frames == 0) return {0, 0, 0, p.channels, 0, 0, 0, p.rest};
  const double count = (double(p.before) + double(p.frames) + double(p.after)) * double(p.channels) *
                       (double(p.below) + double(p.rows) + double(p.above));
  if (count > double(std::numeric_limits<PetscInt>::max()))
    throw Error(ExitCode::BadConfig, "halo: " + std::to_string(count) + " padded rows of " + std::to_string(rest) +
                                         " pixels on one rank overflow the " + std::to_string(8 * sizeof(PetscInt)) +
                                         "-bit indices of this PETSc: use more ranks");
  return p;
}

}  // namespace

PetscInt sourceRow(std::int64_t r, PetscInt n, RowBoundary boundary) {
  if (r >= 0 && r < n) return static_cast<PetscInt>(r);
  if (boundary == RowBoundary::Zero) return nothing;
  const std::int64_t period =
      boundary == RowBoundary::Periodic ? n : std::max<std::int64_t>(2 * (std::int64_t{n} - 1), 1);
  const std::int64_t k = (r % period + period) % period;
  return static_cast<PetscInt>(k < n ? k : period - k);
}

PaddedShape paddedShape(const Cube& cube, const RowHalo& rows, const FrameHalo& frames) {
  PaddedShape padded;
  together(cube.comm(), [&] { padded = localShape(cube, rows, frames); });
  return padded;
}

std::optional<RowLink> linkToRow(const Cube& cube, std::int64_t frame, PetscInt channel, std::int64_t row,
                                 RowBoundary boundary) {
  const Shape& shape = cube.shape();
  const ProcessGrid& grid = cube.grid();
  const PetscInt n = shape.extents()[cube.slabAxis()], source = sourceRow(row, n, boundary);
  if (source == nothing || frame < 0 || frame >= shape.frames) return {};
  const PetscInt frameBlock = blockOf(shape.frames, grid.timeSize(), 0).count,
                 rowBlock = blockOf(n, grid.spaceSize(), 0).count;
  const int timeRank = static_cast<int>(frame / frameBlock), spaceRank = static_cast<int>(source / rowBlock);
  const Block slab = blockOf(n, grid.spaceSize(), spaceRank);
  const auto localFrame = static_cast<PetscInt>(frame - std::int64_t{frameBlock} * timeRank);
  return RowLink{.rank = timeRank * grid.spaceSize() + spaceRank,
                 .theirs = (localFrame * shape.channels + channel) * slab.count + source - slab.start};
}

Halo::Halo(const Cube& cube, const RowHalo& rows, const FrameHalo& frames)
    : cube_(cube), padded_(paddedShape(cube, rows, frames)) {
  const Box& box = cube.box();
  std::vector<RowLink> links;
  for (PetscInt f = 0, padded = 0; f < padded_.paddedFrames(); ++f)
    for (PetscInt c = 0; c < padded_.channels; ++c)
      for (PetscInt r = 0; r < padded_.paddedRows(); ++r, ++padded) {
        const bool own = f >= padded_.before && f < padded_.before + padded_.frames && r >= padded_.below &&
                         r < padded_.below + padded_.rows;
        if (own) continue;
        const std::int64_t frame = std::int64_t{box.start[0]} + f - padded_.before,
                           row = std::int64_t{box.start[cube.slabAxis()]} + r - padded_.below;
        if (const auto link = linkToRow(cube, frame, c, row, rows.boundary))
          links.push_back({link->rank, link->theirs, padded});
        else
          zeroRows_.push_back(padded);
      }
  ghosts_ = std::make_unique<RowExchange>(cube.comm(), padded_.rest, links);
}

void Halo::checkArguments(Vec x, std::size_t ghosted) const {
  if (!cube_.space().holds(x)) throw Error("Halo: the vector is not in the space of the cube");
  if (ghosted != padded_.size())
    throw Error("Halo: the padded array has " + std::to_string(ghosted) + " entries instead of " +
                std::to_string(padded_.size()));
}

template <class F>
void Halo::eachOwn(F&& f) const {
  const std::size_t count = static_cast<std::size_t>(padded_.rows) * static_cast<std::size_t>(padded_.rest);
  std::size_t own = 0;
  for (PetscInt frame = 0; frame < padded_.frames; ++frame)
    for (PetscInt channel = 0; channel < padded_.channels; ++channel, own += count)
      f(padded_.offset(padded_.before + frame, channel, padded_.below), own, count);
}

void Halo::fill(Vec x, std::span<double> ghosted) const {
  checkArguments(x, ghosted.size());
  const ReadLocal in(x);
  const double* own = std::span<const double>(in).data();
  ghosts_->beginCopy(own);
  // While the messages travel:
  eachOwn([&](std::size_t to, std::size_t from, std::size_t count) { std::copy_n(own + from, count, &ghosted[to]); });
  for (PetscInt row : zeroRows_)
    std::fill_n(ghosted.data() + static_cast<std::size_t>(row) * padded_.rest, padded_.rest, 0.0);
  ghosts_->endCopy(own, ghosted.data());
}

void Halo::addBack(std::span<const double> ghosted, Vec x) const {
  checkArguments(x, ghosted.size());
  const WriteLocal out(x);
  double* own = out.size() > 0 ? &out[0] : nullptr;
  eachOwn([&](std::size_t from, std::size_t to, std::size_t count) { std::copy_n(&ghosted[from], count, own + to); });
  ghosts_->addBack(ghosted.data(), own);
}

}  // namespace lacuna
