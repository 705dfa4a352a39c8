#include "grid/cube.hpp"

#include <algorithm>

namespace lacuna {

std::string Shape::text() const {
  std::string out;
  for (PetscInt n : extents()) out += (out.empty() ? "" : " x ") + std::to_string(n);
  return out;
}

std::int64_t Box::size() const {
  std::int64_t n = 1;
  for (PetscInt c : count) n *= c;
  return n;
}

Block blockOf(PetscInt n, int parts, int part) {
  const PetscInt size = (n + parts - 1) / parts;
  const auto start = static_cast<PetscInt>(std::min<std::int64_t>(static_cast<std::int64_t>(size) * part, n));
  return {start, std::min(size, n - start)};
}

Cube::Cube(std::shared_ptr<const ProcessGrid> grid, const Shape& shape) : grid_(std::move(grid)), shape_(shape) {
  for (PetscInt n : shape.extents())
    if (n < 1) throw Error(ExitCode::BadConfig, "a field of " + shape.text() + " has no pixels");
  box_ = boxOf(grid_->timeRank(), grid_->spaceRank());
  std::vector<NaturalRun> runs;
  const auto& [start, count] = box_;
  const std::int64_t rest = slabAxis() == 2 ? static_cast<std::int64_t>(shape.ny) * shape.nx : shape.nx;
  const int axis = slabAxis();
  const std::int64_t pixels = count[axis] * rest;
  for (PetscInt f = 0; f < count[0] && pixels > 0; ++f)
    for (PetscInt c = 0; c < count[1]; ++c) {
      const std::int64_t plane = static_cast<std::int64_t>(start[0] + f) * shape.channels + c;
      runs.push_back({static_cast<PetscInt>((static_cast<std::int64_t>(f) * count[1] + c) * pixels),
                      static_cast<PetscInt>(pixels), plane * shape.pixels() + start[axis] * rest, 1});
    }
  space_ = Space(grid_->all(), box_.size(), std::move(runs), grid_);
}

Box Cube::boxOf(int timeRank, int spaceRank) const {
  Box box;
  box.count = shape_.extents();
  const Block frames = blockOf(shape_.frames, grid_->timeSize(), timeRank);
  const int axis = slabAxis();
  const Block slab = blockOf(shape_.extents()[axis], grid_->spaceSize(), spaceRank);
  box.start[0] = frames.start;
  box.count[0] = frames.count;
  box.start[axis] = slab.start;
  box.count[axis] = slab.count;
  return box;
}

Cube Cube::withChannels(PetscInt channels) const {
  Shape shape = shape_;
  shape.channels = channels;
  return Cube(grid_, shape);
}

}  // namespace lacuna
