#include "deconvolve/imaging_data.hpp"

#include <cmath>
#include <optional>

namespace lacuna {
namespace {

/// Sums f(local index) over every frame.
template <class F>
std::vector<double> sumsOf(const Cube& cube, F&& f) {
  const Box& box = cube.box();
  std::vector<double> sums(static_cast<std::size_t>(cube.shape().frames), 0);
  const PetscInt plane = box.count[1] * box.count[2] * box.count[3] * box.count[4];
  for (PetscInt t = 0; t < box.count[0]; ++t) {
    double& sum = sums[static_cast<std::size_t>(box.start[0] + t)];
    for (PetscInt i = t * plane; i < (t + 1) * plane; ++i) sum += f(i);
  }
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM, cube.comm()));
  return sums;
}

std::optional<ReadLocal> local(const VecHandle& x) {
  return x ? std::optional<ReadLocal>(std::in_place, x) : std::nullopt;
}

}  // namespace

std::vector<double> fluxIn(const ImagingData& data) {
  const ReadLocal y(data.counts);
  const auto mask = local(data.mask), exposure = local(data.exposure), background = local(data.background);
  return sumsOf(data.cube, [&](PetscInt i) {
    const double e = exposure ? (*exposure)[i] : 1;
    if ((mask && (*mask)[i] == 0) || e == 0) return 0.0;
    return (y[i] - (background ? (*background)[i] : data.level)) / e;
  });
}

std::vector<double> frameSums(const Cube& cube, Vec x) {
  const ReadLocal v(x);
  return sumsOf(cube, [&](PetscInt i) { return v[i]; });
}

}  // namespace lacuna
