#include "grid/ghost_rows.hpp"

namespace lacuna {

GhostRows::GhostRows(const Cube& cube, PetscInt depth, RowBoundary boundary) {
  const PaddedShape p = paddedShape(cube, {depth, depth, boundary}, {});
  const Box& box = cube.box();
  std::vector<RowLink> links;
  PetscInt ghost = 0;
  for (PetscInt f = 0; f < p.frames; ++f)
    for (PetscInt c = 0; c < p.channels; ++c)
      for (const PetscInt first : {-depth, p.rows})
        for (PetscInt r = first; r < first + depth; ++r, ++ghost)
          if (const auto link =
                  linkToRow(cube, box.start[0] + f, c, std::int64_t{box.start[cube.slabAxis()]} + r, boundary))
            links.push_back({link->rank, link->theirs, ghost});
  size_ = static_cast<std::size_t>(ghost) * static_cast<std::size_t>(p.rest);
  exchange_ = std::make_unique<RowExchange>(cube.comm(), p.rest, links);
}

void GhostRows::fill(const double* own, std::span<double> ghosts) const {
  if (ghosts.size() != size_)
    throw Error("GhostRows: there is room for " + std::to_string(ghosts.size()) + " entries instead of " +
                std::to_string(size_));
  exchange_->beginCopy(own);
  std::ranges::fill(ghosts, 0.0);
  exchange_->endCopy(own, ghosts.data());
}

}  // namespace lacuna
