#include "survey/mock_mask.hpp"

#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "io/window_part.hpp"
#include "survey/mock_streams.hpp"

namespace lacuna {

std::vector<StarHole> randomHoles(const SkyGrid& grid, std::int64_t count, double least, double most,
                                  std::uint64_t seed) {
  const Rng place(seed, MockStream::hole), size = place.at(1);
  std::vector<StarHole> holes;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto [u, v] = place.uniformPair(i);
    holes.push_back({u * static_cast<double>(grid.nx()) - 0.5, v * static_cast<double>(grid.ny()) - 0.5,
                     least + (most - least) * size.uniformPair(i).first});
  }
  return holes;
}

void drawMask(const Cube& cube, const Window& window, double border, const std::vector<StarHole>& holes, Vec mask) {
  check(VecSet(mask, 0));
  const WindowPart part = windowPart(cube, window, 0);
  const WriteLocal out(mask);
  const auto nx = static_cast<double>(window.count[2]), ny = static_cast<double>(window.count[1]);
  for (PetscInt row = 0; row < part.count[3]; ++row) {
    const auto y = static_cast<double>(part.inFile[3] + row);
    const PetscInt at = part.localRow(cube.box(), 0, 0, row);
    if (std::min(y + 0.5, ny - 0.5 - y) < border) continue;
    for (PetscInt x = 0; x < part.count[4]; ++x)
      out[at + x] = std::min(static_cast<double>(x) + 0.5, nx - 0.5 - static_cast<double>(x)) >= border;
    for (const StarHole& hole : holes) {
      const double dy = y - hole.y, half = std::sqrt(std::max(hole.radius * hole.radius - dy * dy, -1.0));
      if (!(half >= 0)) continue;
      const double from = std::max(std::ceil(hole.x - half), 0.0), to = std::min(std::floor(hole.x + half), nx - 1);
      for (auto x = static_cast<PetscInt>(from); x <= static_cast<PetscInt>(to) && from <= to; ++x) out[at + x] = 0;
    }
  }
}

}  // namespace lacuna
