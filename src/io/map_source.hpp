#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "grid/cube.hpp"

namespace lacuna {

/// Where a map is: a file, and in it a dataset (HDF5) or an HDU (FITS: number, EXTNAME, or empty for the first image).
struct MapSource {
  std::string file, name;
  std::string text() const { return name.empty() ? file : file + ":" + name; }
};

/// What a key such as [data] gamma1 means. "g1.fits", "maps.fits:KAPPA" and "other.h5:maps/gamma1" (a name that ends in
/// .fits .fit .fts .h5 .hdf5 .hdf .tif or .tiff before the colon or the end) are files of their own, relative to
/// `folder`; anything else is a dataset or HDU of `dataFile`, which is taken as it is; and a file where `dataFile` is
/// empty.
MapSource resolveMap(const std::string& value, const std::string& dataFile, const std::string& folder);

/// Collective. By the first bytes of the file: true for HDF5, false for FITS. Throws 66, 65.
bool isHdf5(MPI_Comm comm, const std::string& file);

/// Collective. Extents in the file: {ny, nx}, or more for HDF5 cubes. Throws 66, 65.
std::vector<std::int64_t> mapExtents(MPI_Comm comm, const MapSource& source);

/// Collective. {ny, nx} of an image: two axes, or more of which the others have length 1. Throws 66, 65.
struct ImageShape {
  std::int64_t ny = 0, nx = 0;
};
ImageShape imageShape(MPI_Comm comm, const MapSource& source);

/// Collective. Reads a map into one channel of x; HDF5 or FITS is decided by the first bytes of the file, never by its
/// name. See H5Reader::readField and readFitsImage. Throws 66, 65.
void readMap(MPI_Comm comm, const MapSource& source, const Cube& cube, const Window& window, PetscInt channel, Vec x,
             double fill = 0);

}  // namespace lacuna
