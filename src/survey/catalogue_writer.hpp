#pragma once
#include <mpi.h>

#include <span>
#include <string>
#include <vector>

namespace lacuna {

/// This rank's rows of one column. The file holds the ranks' rows in the order of the ranks.
struct OutputColumn {
  std::string name, unit, description;
  std::span<const double> values;
};

enum class CatalogueFile { Hdf5, Fits };

/// Collective. Writes columns of equal length (ranks may have none) to a new file: HDF5 in parallel, one-dimensional
/// chunked datasets with fletcher32 and the attributes `units` and `long_name`; FITS as a binary table of doubles with
/// TUNIT and CHECKSUM, gathered piece by piece by rank 0. Goes to `path`.tmp, is synchronised and renamed: a
/// reader sees the whole file or none. Throws exit 73 (cannot create), 74 (writing failed; disk full).
void writeCatalogue(MPI_Comm comm, const std::string& path, CatalogueFile format,
                    std::span<const OutputColumn> columns);

}  // namespace lacuna
