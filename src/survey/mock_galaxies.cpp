#include "survey/mock_galaxies.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/phase.hpp"
#include "base/rng.hpp"
#include "io/window_part.hpp"
#include "survey/mock_streams.hpp"

namespace lacuna {
namespace {

constexpr double radian = std::numbers::pi / 180;

/// Appends galaxy number j of a pixel.
class GalaxyMaker {
 public:
  GalaxyMaker(const SkyGrid& grid, const MockSurvey& survey)
      : grid_(grid),
        survey_(survey),
        position_(survey.seed, MockStream::position),
        noise_(survey.seed, MockStream::noise),
        weight_(survey.seed, MockStream::weight) {}

  void add(PetscInt x, PetscInt y, std::int64_t pixel, std::uint32_t j, double gamma1, double gamma2,
           MockGalaxies& out) const {
    const auto [u, v] = position_.at(j).uniformPair(pixel);
    const auto [n1, n2] = noise_.at(j).normalPair(pixel);
    const SkyGrid::Direction sky = grid_.skyOf(static_cast<double>(x) + u - 0.5, static_cast<double>(y) + v - 0.5);
    const SkyGrid::Placed turned = grid_.place(sky.ra, sky.dec);
    out.ra.push_back(sky.ra);
    out.dec.push_back(sky.dec);
    // From the grid's axes to the sky's: the inverse of the rotation that binning applies.
    out.e1.push_back(gamma1 * turned.cos2 + gamma2 * turned.sin2 + survey_.shapeSd * n1);
    out.e2.push_back(gamma2 * turned.cos2 - gamma1 * turned.sin2 + survey_.shapeSd * n2);
    out.weight.push_back(
        survey_.weightScatter > 0 ? std::exp(survey_.weightScatter * weight_.at(j).normalPair(pixel).first) : 1);
  }

 private:
  const SkyGrid& grid_;
  const MockSurvey& survey_;
  Rng position_, noise_, weight_;
};

}  // namespace

std::vector<OutputColumn> MockGalaxies::columns() const {
  std::vector<OutputColumn> all{{"ra", "deg", "right ascension", ra},
                                {"dec", "deg", "declination", dec},
                                {"e1", "", "ellipticity along +RA", e1},
                                {"e2", "", "ellipticity along the diagonal of +RA and +Dec", e2},
                                {"weight", "", "weight of the shape", weight}};
  if (withRedshift) all.push_back({"redshift", "", "redshift", redshift});
  return all;
}

std::int64_t poisson(double mean, const Rng& rng, std::int64_t natural) {
  // The sum of independent Poisson numbers of small mean, each by inversion of one uniform.
  constexpr double largest = 16;
  std::int64_t total = 0;
  for (std::uint32_t part = 0; mean > 0; ++part, mean -= largest) {
    const double m = std::min(mean, largest);
    double left = rng.at(part).uniformPair(natural).first, p = std::exp(-m);
    for (int k = 1; left > p && p > 0; ++k) {
      left -= p;
      p *= m / k;
      ++total;
    }
  }
  return total;
}

double pixelSolidAngle(const SkyGrid& grid, double x, double y) {
  const double plane = grid.pixelArcmin() * grid.pixelArcmin();
  if (grid.projection() == Projection::None) return plane * std::max(std::cos(grid.skyOf(x, y).dec * radian), 0.0);
  const double perPixel = grid.pixelArcmin() / 60 * radian;
  const double u = perPixel * (x - 0.5 * static_cast<double>(grid.nx() - 1)),
               v = perPixel * (y - 0.5 * static_cast<double>(grid.ny() - 1));
  return plane * std::pow(1 + u * u + v * v, -1.5);  // cos^3 of the distance from the tangent point
}

MockGalaxies drawGalaxies(const Cube& cube, const Window& window, const SkyGrid& grid, Vec mask, Vec gamma,
                          const MockSurvey& survey, Vec count) {
  static const Phase phase("galaxies", "galaxies");
  const auto timed = phase.scope();
  check(VecSet(count, 0));
  const WindowPart part = windowPart(cube, window, 0);
  const ReadLocal use(mask), shear(gamma);
  const WriteLocal number(count);
  const Rng numbers(survey.seed, MockStream::number);
  const GalaxyMaker maker(grid, survey);
  const PetscInt plane = cube.space().local();
  MockGalaxies out;
  out.withRedshift = survey.redshift.has_value();
  for (PetscInt row = 0; row < part.count[3]; ++row) {
    const PetscInt y = part.inFile[3] + row, at = part.localRow(cube.box(), 0, 0, row);
    for (PetscInt x = 0; x < part.count[4]; ++x) {
      if (use[at + x] == 0) continue;
      const std::int64_t pixel = std::int64_t{y} * window.count[2] + x;
      const std::int64_t n =
          poisson(survey.densityPerArcmin2 * pixelSolidAngle(grid, static_cast<double>(x), static_cast<double>(y)),
                  numbers, pixel);
      number[at + x] = static_cast<double>(n);
      for (std::int64_t j = 0; j < n; ++j)
        maker.add(x, y, pixel, static_cast<std::uint32_t>(j), shear[at + x], shear[plane + at + x], out);
    }
  }
  if (survey.redshift) out.redshift.assign(out.ra.size(), *survey.redshift);
  return out;
}

}  // namespace lacuna
