#include "io/library_versions.hpp"

#include <fftw3.h>
#include <fitsio.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <petscsys.h>
#include <tiffio.h>
#include <wcslib/wcs.h>

#include <array>
#include <cmath>

namespace lacuna {

std::string libraryVersions() {
  PetscInt major = 0, minor = 0, subminor = 0;
  PetscGetVersionNumber(&major, &minor, &subminor, nullptr);
  unsigned h5[3]{};
  H5get_libversion(&h5[0], &h5[1], &h5[2]);
  float cfitsio = 0;
  fits_get_version(&cfitsio);
  int wcs[3]{};
  wcslib_version(wcs);
  const std::string tiff = TIFFGetVersion();  // "LIBTIFF, Version 4.5.0\nCopyright ..."
  const auto number = tiff.find_first_of("0123456789");
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> mpi{};
  int length = 0;
  MPI_Get_library_version(mpi.data(), &length);
  const std::string mpiText(mpi.data(), static_cast<std::size_t>(length));
  return fmt::format("PETSc {}.{}.{} ({}-bit indices), HDF5 {}.{}.{}, {}, CFITSIO {:.3g}, WCSLIB {}.{}, libtiff {}, {}",
                     major, minor, subminor, 8 * sizeof(PetscInt), h5[0], h5[1], h5[2], fftw_version,
                     static_cast<double>(cfitsio), wcs[0], wcs[1], tiff.substr(number, tiff.find('\n') - number),
                     mpiText.substr(0, mpiText.find_first_of(",\n")));
}

}  // namespace lacuna
