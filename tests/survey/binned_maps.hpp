#pragma once
/// Catalogues binned on a small padded image, and maps gathered on every rank: for the tests of binning.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "expect_error.hpp"
#include "survey/binning.hpp"

namespace lacuna {

inline const MPI_Comm world = MPI_COMM_WORLD;
inline std::string file(const std::string& name) { return std::string(LACUNA_REFERENCE) + "/" + name; }

inline std::unique_ptr<Table> open(const std::string& path, const CatalogueFormat& format, MPI_Comm comm = world) {
  return openTable(comm, path, "", format.needed());
}

/// A padded image on a communicator, with the window of the grid two rows and one column inside.
inline Cube paddedImage(const SkyGrid& grid, MPI_Comm comm = world) {
  const Shape shape{1, 1, 1, static_cast<PetscInt>(grid.ny()) + 5, static_cast<PetscInt>(grid.nx()) + 3};
  return Cube(std::make_shared<ProcessGrid>(comm, 1, 1), shape);
}
inline Window windowOf(const SkyGrid& grid) {
  return {{0, 2, 1}, {1, static_cast<PetscInt>(grid.ny()), static_cast<PetscInt>(grid.nx())}};
}

inline BinnedShear binned(const std::string& path, const CatalogueFormat& format, const SkyGrid& grid,
                          const BinOptions& options = {}, MPI_Comm comm = world) {
  return bin(*open(path, format, comm), format, grid, paddedImage(grid, comm), windowOf(grid), options);
}

/// All entries on every rank, in natural order: [channel][y][x] of the padded image.
inline std::vector<double> whole(const Space& space, Vec v) {
  std::vector<double> mine(static_cast<std::size_t>(space.global())), all(mine.size());
  const ReadLocal x(v);
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i)
      mine[static_cast<std::size_t>(run.natural + i * run.stride)] = x[run.local + i];
  checkMpi(MPI_Allreduce(mine.data(), all.data(), static_cast<int>(all.size()), MPI_DOUBLE, MPI_SUM, space.comm()));
  return all;
}

struct Maps {
  std::vector<double> gamma1, gamma2, count, mask, variance;
};
/// Cut to the window; checks that the padding is empty.
inline Maps cut(const BinnedShear& b, const SkyGrid& grid) {
  const auto gamma = whole(b.shear.space(), b.gamma), count = whole(b.image.space(), b.count),
             mask = whole(b.image.space(), b.mask), variance = whole(b.image.space(), b.noiseVariance);
  Maps m;
  const std::size_t nx = static_cast<std::size_t>(grid.nx()), ny = static_cast<std::size_t>(grid.ny()), wide = nx + 3,
                    size = wide * (ny + 5);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t x = i % wide, y = i / wide;
    if (x >= 1 && x < nx + 1 && y >= 2 && y < ny + 2) {
      m.gamma1.push_back(gamma[i]);
      m.gamma2.push_back(gamma[size + i]);
      m.count.push_back(count[i]);
      m.mask.push_back(mask[i]);
      m.variance.push_back(variance[i]);
    } else {
      BOOST_REQUIRE(
          (gamma[i] == 0 && gamma[size + i] == 0 && count[i] == 0 && mask[i] == 0 && std::isinf(variance[i])));
    }
  }
  return m;
}

inline double worst(const std::vector<double>& a, const std::vector<double>& b) {
  double d = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (a[i] != b[i]) d = std::max(d, std::abs(a[i] - b[i]) / std::max({std::abs(a[i]), std::abs(b[i]), 1e-3}));
  return d;
}

inline std::vector<double> column(const std::string& path, const std::string& name) {
  const std::vector<std::string> needed{name};
  const auto table = openTable(world, path, "", needed);
  std::vector<double> out(static_cast<std::size_t>(table->rows()));
  table->read(name, 0, table->rows(), out.data());
  return out;
}

}  // namespace lacuna
