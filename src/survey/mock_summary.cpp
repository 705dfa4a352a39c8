#include "survey/mock_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "io/window_part.hpp"

namespace lacuna {

std::string MockSummary::text() const {
  return fmt::format(
      "convergence: mean {:.3g}, sd {:.3g}, from {:.3g} to {:.3g}\n"
      "galaxies: {:.0f} (expected {:.0f} +- {:.0f}) on {:.6g} arcmin^2, {:.3g} per arcmin^2; {:.3g} % of the field is "
      "masked",
      kappaMean, kappaSd, kappaMin, kappaMax, galaxies, expectedGalaxies, std::sqrt(expectedGalaxies), openArea,
      openArea > 0 ? galaxies / openArea : 0.0, 100 * (1 - openArea / area));
}

MockSummary summarize(const MockTruth& t, double densityPerArcmin2) {
  const WindowPart part = windowPart(t.cube, t.window, 0);
  const ReadLocal kappa(t.kappa), count(t.count), mask(t.mask);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  std::array<double, 5> sums{};                      // kappa, its square, galaxies, open area, area
  std::array<double, 2> most{-infinite, -infinite};  // of -kappa and kappa
  for (PetscInt y = 0; y < part.count[3]; ++y)
    for (PetscInt x = 0; x < part.count[4]; ++x) {
      const PetscInt i = part.localRow(t.cube.box(), 0, 0, y) + x;
      const double area = pixelSolidAngle(t.grid, static_cast<double>(x), static_cast<double>(part.inFile[3] + y));
      sums[0] += kappa[i];
      sums[1] += kappa[i] * kappa[i];
      sums[2] += count[i];
      if (mask[i] != 0) sums[3] += area;
      sums[4] += area;
      most = {std::max(most[0], -kappa[i]), std::max(most[1], kappa[i])};
    }
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, sums.data(), 5, MPI_DOUBLE, MPI_SUM, t.cube.comm()));
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, most.data(), 2, MPI_DOUBLE, MPI_MAX, t.cube.comm()));
  const double n = static_cast<double>(t.window.count[1]) * static_cast<double>(t.window.count[2]), mean = sums[0] / n;
  return {mean,     std::sqrt(std::max(sums[1] / n - mean * mean, 0.0)),
          -most[0], most[1],
          sums[2],  densityPerArcmin2 * sums[3],
          sums[3],  sums[4]};
}

}  // namespace lacuna
