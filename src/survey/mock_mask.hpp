#pragma once
#include <cstdint>
#include <vector>

#include "grid/cube.hpp"
#include "survey/projection.hpp"

namespace lacuna {

/// A round hole, where a bright star hides the galaxies.
struct StarHole {
  double x = 0, y = 0;  ///< pixels of the grid
  double radius = 0;    ///< pixels
};

/// `count` holes at random places of the grid, radii uniform in [least, most] pixels. The first holes do not depend on
/// how many follow.
std::vector<StarHole> randomHoles(const SkyGrid& grid, std::int64_t count, double least, double most,
                                  std::uint64_t seed);

/// Collective. mask (in the space of `cube`, one frame and channel) = 1 on the pixels of the window whose centre is at
/// least `border` pixels away from the edges of the grid and in no hole; 0 elsewhere, padding included.
void drawMask(const Cube& cube, const Window& window, double border, const std::vector<StarHole>& holes, Vec mask);

}  // namespace lacuna
