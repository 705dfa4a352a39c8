#pragma once
#include <vector>

#include "grid/cube.hpp"
#include "survey/nfw.hpp"
#include "survey/projection.hpp"

namespace lacuna {

/// An NFW halo on the sky.
struct MockHalo {
  Halo200 halo;
  double ra = 0, dec = 0;  ///< deg
};

/// Collective. kappa += the convergence of the haloes, averaged over each pixel: exact near the centre, where the
/// profile diverges, by subdivision elsewhere as fine as it needs. Distances are those in the plane of the grid; `cube`
/// (one frame, one channel) is periodic and holds the grid in `window`: nearest images are taken. Haloes add up
/// linearly. Throws (exit 78) where a halo lies off the cube.
void addHaloes(const Cube& cube, const Window& window, const SkyGrid& grid, const std::vector<MockHalo>& haloes,
               const FlatLcdm& cosmology, double sourceRedshift, Vec kappa);

/// The mean convergence of a lens over a square pixel, `side` and the offset of its centre from the lens in radians.
double pixelConvergence(const NfwLens& lens, double dx, double dy, double side);

}  // namespace lacuna
