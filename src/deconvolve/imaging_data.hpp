#pragma once
#include <vector>

#include "base/handle.hpp"
#include "grid/cube.hpp"

namespace lacuna {

/// Images as the noise sees them: counts y with mean exposure * (H x) + background. Vectors of the cube.
struct ImagingData {
  Cube cube;             ///< frames (or epochs of one image), one channel
  VecHandle counts;      ///< (data - offset) / gain; anything where masked
  VecHandle mask;        ///< used where it is not 0; null: everywhere
  VecHandle exposure;    ///< null: 1
  VecHandle background;  ///< counts; null: `level`
  double level = 0;      ///< background where it is one number
  VecHandle variance;    ///< counts^2, of Gaussian noise or of the read noise; null: none
};

/// Sums over the pixels of every frame of the cube: (counts - background) / exposure where used. Collective.
std::vector<double> fluxIn(const ImagingData& data);
/// Sum over the pixels of every frame. Collective.
std::vector<double> frameSums(const Cube& cube, Vec x);

}  // namespace lacuna
