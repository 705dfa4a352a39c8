#include <algorithm>
#include <array>
#include <span>

#include "io/h5_writer.hpp"

namespace lacuna {

void H5Writer::writeColumn(const std::string& name, std::span<const double> values, const std::string& units,
                           const std::string& longName) {
  const auto mine = static_cast<std::int64_t>(values.size());
  std::int64_t total = 0, start = 0;
  checkMpi(MPI_Allreduce(&mine, &total, 1, MPI_INT64_T, MPI_SUM, comm_));
  checkMpi(MPI_Exscan(&mine, &start, 1, MPI_INT64_T, MPI_SUM, comm_));
  if (rankOf(comm_) == 0) start = 0;  // MPI_Exscan leaves it undefined
  const H5Id dataset = createDataset(name, {static_cast<hsize_t>(total)}, H5T_IEEE_F64LE);
  const H5Id transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);

  // HDF5 holds the chunks of a call in memory: pieces, which end where chunks do.
  const std::int64_t step = std::max<std::int64_t>(pieceBytes_ / (1 << 21), 1) * ((1 << 21) / 8);
  const std::int64_t origin = start / step * step;
  const std::int64_t parts = mine > 0 ? (start + mine - origin + step - 1) / step : 0;
  std::int64_t pieces = 0;
  checkMpi(MPI_Allreduce(&parts, &pieces, 1, MPI_INT64_T, MPI_MAX, comm_));
  const auto extent = static_cast<hsize_t>(total);
  for (std::int64_t p = 0; p < pieces; ++p) {
    const std::int64_t lo = std::clamp(origin + p * step, start, start + mine);
    const std::int64_t hi = std::clamp(origin + (p + 1) * step, start, start + mine);
    const auto first = static_cast<hsize_t>(lo), count = static_cast<hsize_t>(hi - lo);
    const H5Id file(H5Screate_simple(1, &extent, nullptr), H5Sclose);
    const H5Id memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
    bool ok = file && memory;
    if (ok && count > 0) ok = H5Sselect_hyperslab(file, H5S_SELECT_SET, &first, nullptr, &count, nullptr) >= 0;
    if (ok && count == 0) ok = H5Sselect_none(file) >= 0 && H5Sselect_none(memory) >= 0;
    require(ok, name);
    const double* part = values.data() + (lo - start);
    require(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, file, transfer, part) >= 0, name);
  }
  attribute(name, "units", units.empty() ? "1" : units);
  attribute(name, "long_name", longName);
}

}  // namespace lacuna
