#pragma once
#include <optional>

#include "grid/cube.hpp"
#include "survey/projection.hpp"

namespace lacuna {

/// Binned shear on a padded periodic grid: what every estimator of the convergence starts from. Dimensionless; shear is
/// treated as shear, not as reduced shear. Axes: x = column along +RA, y = row along +Dec.
struct ShearField {
  Cube image, shear;   ///< the padded grid with 1 channel, and with 2
  Window window;       ///< the field in it
  SkyGrid sky;         ///< of the window
  bool onSky = true;   ///< false: maps without coordinates, `sky` gives only the pixel
  VecHandle gamma;     ///< of `shear`: gamma1, gamma2; 0 where masked
  VecHandle mask;      ///< of `image`: 1 where there are data, else 0
  VecHandle variance;  ///< of `image`: noise variance of either component; infinite where masked
  VecHandle count;     ///< of `image`: galaxies in the pixel; null for maps
};

/// (g1, g2) -> (g2, -g1): the shear whose E modes are the B modes of g. Both of `shear`.
void rotateToB(Vec gamma, Vec rotated);

/// Image -> every channel of `shear`: the variance of either component for both.
VecHandle bothComponents(const ShearField& field, Vec image);

/// Throws 65 unless every pixel inside the mask has finite shear and a positive variance, naming `what` (of a
/// component, its own text), row and column; 65 if the mask is empty. Collective.
void requireUsable(const ShearField& field, const std::string& what, const std::string& gamma1,
                   const std::string& gamma2);

}  // namespace lacuna
