#pragma once
#include <cmath>
#include <string>

#include "io/map_source.hpp"

namespace lacuna {

/// What the file of a map says about its place on the sky, as far as a grid with columns along +RA and rows along +Dec
/// can have it: the world coordinates of a FITS image, or /grid of a product of lacuna.
struct MapPlace {
  bool known = false;
  double pixelArcmin = NAN;          ///< NaN: pixels that are not square, or turned axes
  std::string projection;            ///< "gnomonic" or "none" ([grid] projection); empty: another one
  double raDeg = NAN, decDeg = NAN;  ///< of the middle of the map; NaN: not that of such a grid
  std::string trouble;               ///< what else speaks against such a grid, or why it has no centre; for the user
};

/// Collective. `map` is an image of this shape. Throws 66, 65.
MapPlace mapPlace(MPI_Comm comm, const MapSource& map, const ImageShape& shape);

}  // namespace lacuna
