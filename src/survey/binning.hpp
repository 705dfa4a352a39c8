#pragma once
#include <cstdint>
#include <optional>

#include "grid/cube.hpp"
#include "survey/catalogue.hpp"
#include "survey/projection.hpp"

namespace lacuna {

struct BinOptions {
  /// Intrinsic scatter of one component of the calibrated ellipticity; measured where absent.
  std::optional<double> shapeSd = {};
  /// One-channel image of the cube; galaxies where it is 0 are left out. May be null.
  Vec mask = nullptr;
  /// n > 0: every galaxy is turned by a random angle keyed by (seed, row, n): a realisation of the noise.
  std::uint32_t realisation = 0;
  std::uint64_t seed = 0;
};

/// Numbers of galaxies over all ranks: read = unselected + weightless + outside + masked + used.
struct BinCounts {
  std::int64_t read = 0, unselected = 0, weightless = 0, outside = 0, masked = 0, used = 0;
};

/// Shear averaged in pixels, per pixel: gamma = sum w e / sum w (1 + m), rotated to the grid's axes, and the variance
/// of the noise of each component, shape_sd^2 sum w^2 / (sum w (1 + m))^2.
struct BinnedShear {
  Cube shear, image;        ///< the cube with 2 and with 1 channels
  VecHandle gamma;          ///< of `shear`: gamma1, gamma2; 0 in pixels without galaxies
  VecHandle count;          ///< of `image`: number of galaxies
  VecHandle mask;           ///< of `image`: 1 where count > 0, else 0
  VecHandle noiseVariance;  ///< of `image`, of either component; infinite where mask = 0
  BinCounts counts;
  double measuredShapeSd = 0;  ///< sqrt(sum w^2 (e1^2 + e2^2) / (2 sum w^2)) of the used galaxies
  double measuredShapeSd1 = 0, measuredShapeSd2 = 0;  ///< the same of each component, in the grid's axes
  double shapeSd = 0;                                 ///< what noiseVariance was made with
  double densityPerArcmin2 = 0;                       ///< used galaxies per area of the pixels that have any
  std::int64_t pixels = 0;                            ///< with galaxies
};

/// Collective. Bins a catalogue on the pixels of `window` (grid.ny() rows, grid.nx() columns) of the image `cube` (one
/// frame; its channels do not matter). Each rank streams its share of the rows and sends every galaxy to the rank that
/// owns its pixel: no rank holds a whole catalogue or map. The result does not depend on the number of ranks beyond the
/// order of sums. Throws exit 65 where a selected row is bad (Catalogue::verify) or no galaxy falls on a used pixel,
/// 78 where grid and window do not fit.
BinnedShear bin(const Table& table, const CatalogueFormat& format, const SkyGrid& grid, const Cube& cube,
                const Window& window, const BinOptions& options = {});

}  // namespace lacuna
