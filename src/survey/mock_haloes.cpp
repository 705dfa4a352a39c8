#include "survey/mock_haloes.hpp"

#include <cmath>
#include <numbers>
#include <string>

#include "base/error.hpp"
#include "base/phase.hpp"

namespace lacuna {
namespace {

constexpr double radiansPerArcmin = std::numbers::pi / (180 * 60);
constexpr int deepest = 8;  ///< levels of subdivision: a cell of the last one is side / 256

/// Integral of kappa over a square in units of its area. A square that is small against its distance from the centre
/// needs its middle, or one Simpson rule; others are divided in four; the last ones at the centre are disks of the same
/// area.
double average(const NfwLens& lens, double x, double y, double side, int level) {
  const double distance = std::hypot(x, y);
  if (distance > 64 * side) return lens.convergence(distance);  // relative error below 1e-4
  if (distance > 4 * side) {
    const double h = side / 2;
    constexpr double weight[3] = {1.0 / 6, 4.0 / 6, 1.0 / 6};
    double sum = 0;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        sum += weight[i] * weight[j] * lens.convergence(std::hypot(x + (i - 1) * h, y + (j - 1) * h));
    return sum;
  }
  if (level == deepest)
    return distance < side ? lens.meanConvergence(side / std::sqrt(std::numbers::pi)) : lens.convergence(distance);
  const double q = side / 4;
  return 0.25 * (average(lens, x - q, y - q, side / 2, level + 1) + average(lens, x + q, y - q, side / 2, level + 1) +
                 average(lens, x - q, y + q, side / 2, level + 1) + average(lens, x + q, y + q, side / 2, level + 1));
}

SkyGrid::Point placeHalo(const SkyGrid& grid, const Cube& cube, const Window& window, const MockHalo& h,
                         std::size_t index) {
  const SkyGrid::Point p = grid.pixelOf(h.ra, h.dec);
  const double x = p.x + static_cast<double>(window.start[2]), y = p.y + static_cast<double>(window.start[1]);
  // Written so that NaN (no image on the plane) fails too.
  const auto nx = static_cast<double>(cube.shape().nx), ny = static_cast<double>(cube.shape().ny);
  if (!(x >= -0.5 && x < nx - 0.5 && y >= -0.5 && y < ny - 0.5))
    throw Error(ExitCode::BadConfig, "halo " + std::to_string(index) + " (counted from 0) at RA " +
                                         std::to_string(h.ra) + ", Dec " + std::to_string(h.dec) +
                                         " deg lies off the field and its padding");
  return {x, y};
}

}  // namespace

double pixelConvergence(const NfwLens& lens, double dx, double dy, double side) {
  return average(lens, dx, dy, side, 0);
}

void addHaloes(const Cube& cube, const Window& window, const SkyGrid& grid, const std::vector<MockHalo>& haloes,
               const FlatLcdm& cosmology, double sourceRedshift, Vec kappa) {
  static const Phase phase("haloes");
  const auto timed = phase.scope();
  if (cube.shape().size() != cube.shape().pixels() || cube.shape().nz != 1 || !cube.space().holds(kappa))
    throw Error("addHaloes: the convergence must be an image");
  const WriteLocal out(kappa);
  const PetscInt nx = cube.shape().nx, ny = cube.shape().ny, first = cube.box().start[3];
  const auto rowsInAll = static_cast<double>(ny), columns = static_cast<double>(nx);
  const double side = grid.pixelArcmin() * radiansPerArcmin;
  for (std::size_t i = 0; i < haloes.size(); ++i) {
    const SkyGrid::Point centre = placeHalo(grid, cube, window, haloes[i], i);
    const NfwLens lens(haloes[i].halo, cosmology, sourceRedshift);
    for (PetscInt y = 0; y < cube.box().count[3]; ++y) {
      const double dy = side * std::remainder(static_cast<double>(first + y) - centre.y, rowsInAll);
      for (PetscInt x = 0; x < nx; ++x)
        out[y * nx + x] +=
            pixelConvergence(lens, side * std::remainder(static_cast<double>(x) - centre.x, columns), dy, side);
    }
  }
}

}  // namespace lacuna
