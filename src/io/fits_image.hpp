#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grid/cube.hpp"
#include "io/output_file.hpp"
#include "io/sky_wcs.hpp"

namespace lacuna {

/// FITS images: rank 0 reads or writes, one piece of a slab at a time, and exchanges it with the rank that owns it.
/// FITS order and ours are the same: row 0 is the first row of the file.
///
/// `hdu` is a number (the primary HDU is 0), an EXTNAME, or empty for the first image of the file.

/// Collective. {ny, nx} of a two-dimensional image; further axes must have length 1. Throws 66, 65.
std::vector<std::int64_t> fitsImageShape(MPI_Comm comm, const std::string& file, const std::string& hdu);

/// Collective. Reads any BITPIX with BSCALE, BZERO and BLANK (which becomes NaN) into one channel of x. Checksums are
/// verified where the HDU has them. The image must have the size of the window (cubes of one frame, nz = 1). Entries
/// of the channel outside the window become `fill`.
void readFitsImage(MPI_Comm comm, const std::string& file, const std::string& hdu, const Cube& cube,
                   const Window& window, PetscInt channel, Vec x, double fill = 0);

/// What the header says beside the world coordinates.
struct FitsLabels {
  std::string units;     ///< BUNIT; empty or "1": a pure number, no BUNIT
  std::string longName;  ///< LONGNAME
  std::string extname;   ///< EXTNAME, for a reader that looks for a name
  std::string origin;    ///< ORIGIN, e.g. "lacuna-massmap 0.1.0"
};

/// Collective. A double image [ny][nx] of one channel of x, cut to the window, with CHECKSUM and DATASUM, as the whole
/// content of `out` (not yet committed). Throws 74.
void writeFitsImage(OutputFile& out, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                    const FitsLabels& labels, const std::optional<SkyWcs>& wcs);

}  // namespace lacuna
