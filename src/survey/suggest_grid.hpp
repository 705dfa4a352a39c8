#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "survey/catalogue.hpp"
#include "survey/projection.hpp"

namespace lacuna {

/// What the user fixed of a grid; the rest comes from the catalogue.
struct GridRequest {
  Projection projection = Projection::Gnomonic;
  std::optional<SkyGrid::Direction> center = {};  ///< deg
  std::optional<double> pixelArcmin = {};
  std::optional<std::int64_t> nx = {}, ny = {};
};

struct SuggestedGrid {
  SkyGrid grid;
  std::vector<std::string> notes;  ///< what was chosen and why, a line each
};

/// Collective. Completes a grid. The centre is the middle of the extents (of the mean direction, near a pole or where
/// they exceed 180 deg); the pixel what makes a given nx or ny cover all selected galaxies, without these a round
/// number that holds about 15 galaxies in the area where there are any; nx and ny cover all selected galaxies. Streams
/// the rows once for the centre and once for the extents; a grid that is given in full costs nothing. Throws (exit 65)
/// for an empty selection, for galaxies at one place where a pixel is to be chosen, or for a default grid beyond 32768
/// pixels a side.
SuggestedGrid suggestGrid(const Table& table, const CatalogueFormat& format, const GridRequest& request);

}  // namespace lacuna
