#include "config/build_mock.hpp"

#include <fmt/format.h>

#include <cmath>

#include "grid/fft.hpp"

namespace lacuna {

SkyGrid mockGrid(const Inputs& inputs) {
  const auto& center = inputs.numbers("grid.center_deg");
  const Projection projection = inputs.text("grid.projection") == "gnomonic" ? Projection::Gnomonic : Projection::None;
  return SkyGrid(projection, center[0], center[1], inputs.number("grid.pixel_arcmin"), inputs.integer("grid.nx"),
                 inputs.integer("grid.ny"));
}

PaddedImage mockImage(const Inputs& inputs) {
  return paddedImage(static_cast<PetscInt>(inputs.integer("grid.ny")), static_cast<PetscInt>(inputs.integer("grid.nx")),
                     inputs.number("grid.pad_factor"));
}

FlatLcdm mockCosmology(const Inputs& inputs) {
  return FlatLcdm(inputs.number("haloes.h0"), inputs.number("haloes.omega_m"));
}

std::vector<MockHalo> mockHaloes(const Inputs& inputs) {
  const auto list = [&](const char* name) -> const std::vector<double>& {
    return inputs.numbers(std::string("haloes.") + name);
  };
  std::vector<MockHalo> haloes;
  for (std::size_t i = 0; i < list("ra").size(); ++i)
    haloes.push_back({{list("m200_1e14_msun")[i] * 1e14, list("concentration")[i], list("redshift")[i]},
                      list("ra")[i],
                      list("dec")[i]});
  return haloes;
}

std::vector<StarHole> mockHoles(const Inputs& inputs, const SkyGrid& grid) {
  const double pixel = grid.pixelArcmin();
  const auto &ra = inputs.numbers("mask.star_ra"), &dec = inputs.numbers("mask.star_dec"),
             &radius = inputs.numbers("mask.star_radius_arcmin"), &range = inputs.numbers("mask.hole_radius_arcmin");
  std::vector<StarHole> holes;
  for (std::size_t i = 0; i < ra.size(); ++i) {
    const SkyGrid::Point p = grid.pixelOf(ra[i], dec[i]);
    if (!std::isfinite(p.x) || !std::isfinite(p.y))
      throw inputs.bad("mask.star_ra",
                       fmt::format("star {} (counted from 0) is 90 deg or more away from the field", i));
    holes.push_back({p.x, p.y, radius[i] / pixel});
  }
  const auto random = randomHoles(grid, inputs.integer("mask.holes"), range[0] / pixel, range[1] / pixel,
                                  static_cast<std::uint64_t>(inputs.integer("random.seed")));
  holes.insert(holes.end(), random.begin(), random.end());
  return holes;
}

MockSurvey mockSurvey(const Inputs& inputs) {
  return {
      inputs.number("galaxies.density_arcmin2"), inputs.number("galaxies.shape_sd"),
      inputs.number("galaxies.weight_scatter"), static_cast<std::uint64_t>(inputs.integer("random.seed")),
      inputs.flag("galaxies.redshift_column") ? std::optional(inputs.number("haloes.source_redshift")) : std::nullopt};
}

std::string mockPlan(const Inputs& inputs, const Cube& cube) {
  const SkyGrid grid = mockGrid(inputs);
  const double ranks = sizeOf(cube.comm()),
               pixels = static_cast<double>(blockOf(cube.shape().ny, cube.grid().spaceSize(), 0).count) *
                        static_cast<double>(cube.shape().nx);
  const double galaxies =
      inputs.number("galaxies.density_arcmin2") * grid.pixelArea() * static_cast<double>(grid.nx() * grid.ny());
  const double fields = 8 * pixels * 7,
               columns = 8 * 5 * 2 * galaxies / ranks;  // 5 maps and the modes; vectors grow by 2
  const double MB = 1e-6, fft = static_cast<double>(Fft::bytes(cube));
  return fmt::format(
      "plan: {} x {} pixels of {} arcmin, padded to {} x {}; about {:.4g} galaxies\n"
      "  {:<28}{:>12}\n  {:<28}{:>12.1f}\n  {:<28}{:>12.1f}\n  {:<28}{:>12.1f}\n  {:<28}{:>12.1f}\n",
      grid.ny(), grid.nx(), grid.pixelArcmin(), cube.shape().ny, cube.shape().nx, galaxies, "memory per rank (largest)",
      "MB", "maps and modes", fields * MB, "Fourier transforms", fft * MB, "galaxies", columns * MB, "total",
      (fields + fft + columns) * MB);
}

std::vector<std::pair<std::string, std::string>> mockNotes(const Inputs& inputs) {
  return {
      {"shear_convention",
       "shear, not reduced shear; e = shear of the galaxy's pixel + noise, in the catalogue along (+RA, +Dec), in the "
       "maps along "
       "the columns and rows of the grid"},
      {"mean_convention",
       "kappa_true is the convergence itself; its mean over the field has no influence on the shear"},
      {"haloes",
       fmt::format(
           "NFW, not truncated; flat LCDM with H0 = {} km/s/Mpc, Omega_m = {}; sources at redshift {}; distances in "
           "the plane of the grid; pixels hold the mean over their area",
           inputs.number("haloes.h0"), inputs.number("haloes.omega_m"), inputs.number("haloes.source_redshift"))},
      {"noise", fmt::format("Gaussian, standard deviation {} per component of every galaxy, whatever its weight",
                            inputs.number("galaxies.shape_sd"))}};
}

}  // namespace lacuna
