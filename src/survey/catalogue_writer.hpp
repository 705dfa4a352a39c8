#pragma once
#include <span>
#include <string>

#include "io/output_file.hpp"

namespace lacuna {

/// This rank's rows of one column. The file holds the ranks' rows in the order of the ranks.
struct OutputColumn {
  std::string name, unit, description;
  std::span<const double> values;
};

enum class CatalogueFile { Hdf5, Fits };

/// Collective. Writes columns of equal length (ranks may have none) and commits the file. HDF5: in parallel,
/// one-dimensional chunked datasets with fletcher32 and the attributes `units` and `long_name`. FITS: a binary table of
/// doubles with TUNIT, CHECKSUM and DATASUM, which rank 0 writes, taking the others' rows piece by piece. Throws exit
/// 73 (cannot create), 74 (writing failed; disk full).
void writeCatalogue(OutputFile& file, CatalogueFile format, std::span<const OutputColumn> columns);

}  // namespace lacuna
