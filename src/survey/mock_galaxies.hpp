#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/rng.hpp"
#include "grid/cube.hpp"
#include "survey/catalogue_writer.hpp"
#include "survey/projection.hpp"

namespace lacuna {

struct MockSurvey {
  double densityPerArcmin2 = 30;  ///< mean number of galaxies per solid angle of unmasked sky
  double shapeSd = 0.26;          ///< standard deviation of one component of the shape noise
  double weightScatter = 0;       ///< standard deviation of ln(weight); the median is 1
  std::uint64_t seed = 1;
  std::optional<double> redshift;  ///< of every galaxy: a column of the catalogue
};

/// A rank's galaxies, ordered by pixel (row by row of the grid), so that the ranks' lists one after the other are the
/// same catalogue on any number of ranks. Angles in degrees.
struct MockGalaxies {
  std::vector<double> ra, dec, e1, e2, weight, redshift;
  bool withRedshift = false;                  ///< the same on all ranks, also on one without galaxies
  std::vector<OutputColumn> columns() const;  ///< views, for writeCatalogue
};

/// Rank-local. Galaxies on the pixels of the window where mask != 0. Their number in a pixel is Poisson with mean
/// density times solid angle, their places are uniform in the pixel; all random numbers are keyed by the pixel's place
/// in the grid: bitwise the same on any number of ranks, and not changed by the padding.
///   e = gamma(its pixel) + shapeSd * normal,  per component, axes +RA, +Dec:
/// the shear of the grid's axes is rotated to the sky. Shear, not reduced shear; |e| is not bounded.
/// `mask`: in the space of `cube`; `gamma`: of cube.withChannels(2); `count` is set to the numbers drawn.
MockGalaxies drawGalaxies(const Cube& cube, const Window& window, const SkyGrid& grid, Vec mask, Vec gamma,
                          const MockSurvey& survey, Vec count);

/// A Poisson number of mean `mean`, exactly distributed, for one entry of a stream of random numbers. O(mean).
std::int64_t poisson(double mean, const Rng& rng, std::int64_t natural);

/// Solid angle of the pixel with its centre at (x, y), in arcmin^2.
double pixelSolidAngle(const SkyGrid& grid, double x, double y);

}  // namespace lacuna
