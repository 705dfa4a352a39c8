// The simulated catalogue: the same on any number of ranks; numbers, places, noise and rotation against their laws.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>

#include "base/rng.hpp"
#include "io/window_part.hpp"
#include "survey/mock_galaxies.hpp"
#include "survey/mock_mask.hpp"

using namespace lacuna;

namespace {

constexpr double degree = std::numbers::pi / 180;

/// A survey on a padded cube: the shear is a known function of the pixel of the grid.
struct Scene {
  Scene(MPI_Comm comm, const SkyGrid& sky, PetscInt padding, MockSurvey survey, double border = 0,
        const std::vector<StarHole>& holes = {})
      : cube(std::make_shared<ProcessGrid>(comm, 1),
             {1, 1, 1, static_cast<PetscInt>(sky.ny()) + 2 * padding, static_cast<PetscInt>(sky.nx()) + padding}),
        window{{0, padding, padding / 2}, {1, static_cast<PetscInt>(sky.ny()), static_cast<PetscInt>(sky.nx())}},
        mask(cube.space().vec()),
        count(cube.space().vec()),
        gamma(cube.withChannels(2).space().vec()) {
    drawMask(cube, window, border, holes, mask);
    {
      const WindowPart part = windowPart(cube, window, 0);
      const WriteLocal g(gamma);
      for (PetscInt y = 0; y < part.count[3]; ++y)
        for (PetscInt x = 0; x < part.count[4]; ++x) {
          const PetscInt at = part.localRow(cube.box(), 0, 0, y) + x;
          g[at] = gamma1(x, part.inFile[3] + y);
          g[cube.space().local() + at] = gamma2(x, part.inFile[3] + y);
        }
    }
    galaxies = drawGalaxies(cube, window, sky, mask, gamma, survey, count);
  }
  static double gamma1(double x, double y) { return 0.05 + 0.01 * std::sin(0.3 * x + y); }
  static double gamma2(double x, double y) { return -0.03 + 0.01 * std::cos(x - 0.2 * y); }

  Cube cube;
  Window window;
  VecHandle mask, count, gamma;
  MockGalaxies galaxies;
};

double mean(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double sd(const std::vector<double>& v) {
  const double m = mean(v);
  double sum = 0;
  for (double x : v) sum += (x - m) * (x - m);
  return std::sqrt(sum / static_cast<double>(v.size() - 1));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_survey_on_any_number_of_ranks) {
  // Rows fewer than ranks, and padding that leaves ranks without a pixel of the window.
  for (const auto& [nx, ny, padding] : {std::tuple{37, 29, 0}, {5, 3, 3}, {16, 40, 11}}) {
    const SkyGrid sky(Projection::Gnomonic, 359.9, -47, 1.5, nx, ny);
    const MockSurvey survey{7.5, 0.3, 0.4, 77, {}};
    const auto holes = randomHoles(sky, 2, 0.3, 0.8, 77);
    const Scene mine(PETSC_COMM_WORLD, sky, padding, survey, 0.6, holes),
        whole(PETSC_COMM_SELF, sky, 0, survey, 0.6, holes);
    const auto& a = mine.galaxies;
    const auto& b = whole.galaxies;
    long long n = static_cast<long long>(a.ra.size()), before = 0, total = 0;
    checkMpi(MPI_Exscan(&n, &before, 1, MPI_LONG_LONG, MPI_SUM, PETSC_COMM_WORLD));
    checkMpi(MPI_Allreduce(&n, &total, 1, MPI_LONG_LONG, MPI_SUM, PETSC_COMM_WORLD));
    if (rankOf(PETSC_COMM_WORLD) == 0) before = 0;
    BOOST_TEST(total == static_cast<long long>(b.ra.size()));
    BOOST_TEST(total > 0);
    for (auto column :
         {&MockGalaxies::ra, &MockGalaxies::dec, &MockGalaxies::e1, &MockGalaxies::e2, &MockGalaxies::weight})
      BOOST_TEST(std::equal((a.*column).begin(), (a.*column).end(), (b.*column).begin() + before));  // bitwise
    double numbers = 0;
    check(VecSum(mine.count, &numbers));
    BOOST_TEST(numbers == static_cast<double>(total));
  }
}

BOOST_AUTO_TEST_CASE(poisson_numbers_follow_their_law) {
  const Rng rng(3, 9);
  for (double m : {0.02, 1.0, 7.5, 15.9, 16.1, 75.0}) {
    constexpr int n = 200000;
    std::vector<double> seen(200, 0.0);
    for (int i = 0; i < n; ++i) ++seen[static_cast<std::size_t>(poisson(m, rng, i))];
    double chi2 = 0, freedom = -1, restSeen = 0, restExpected = 0;
    for (std::size_t k = 0; k < seen.size(); ++k) {
      const double dk = static_cast<double>(k), expected = n * std::exp(dk * std::log(m) - m - std::lgamma(dk + 1));
      if (expected < 20) {
        restSeen += seen[k];
        restExpected += expected;
      } else {
        chi2 += (seen[k] - expected) * (seen[k] - expected) / expected;
        ++freedom;
      }
    }
    BOOST_TEST(std::abs(restSeen - restExpected) < 6 * std::sqrt(restExpected + 1));
    BOOST_TEST(std::abs(chi2 - freedom) < 6 * std::sqrt(2 * freedom + 1));
  }
  BOOST_TEST(poisson(0, rng, 1) == 0);
}

BOOST_AUTO_TEST_CASE(galaxies_lie_in_their_pixels_uniformly_and_the_noise_has_its_sd) {
  const SkyGrid sky(Projection::Gnomonic, 40, 62, 3, 60, 50);
  const Scene scene(PETSC_COMM_SELF, sky, 4, {1.1, 0.27, 0.25, 5, {}});
  const auto& g = scene.galaxies;
  const WindowPart part = windowPart(scene.cube, scene.window, 0);
  const ReadLocal count(scene.count);
  std::vector<double> fx, fy, n1, n2, lnWeight;
  std::size_t i = 0;
  for (PetscInt y = 0; y < 50; ++y)
    for (PetscInt x = 0; x < 60; ++x)
      for (double n = count[part.localRow(scene.cube.box(), 0, 0, y) + x]; n > 0; --n, ++i) {
        const SkyGrid::Point p = sky.pixelOf(g.ra[i], g.dec[i]);
        fx.push_back(p.x - x);
        fy.push_back(p.y - y);
        // The grid's +x direction at the galaxy, as an angle from +RA, by finite differences of the projection.
        const SkyGrid::Direction to = sky.skyOf(p.x + 1e-4, p.y), from = sky.skyOf(p.x - 1e-4, p.y);
        const double angle = std::atan2(to.dec - from.dec, (to.ra - from.ra) * std::cos(g.dec[i] * degree));
        const double c = std::cos(2 * angle), s = std::sin(2 * angle), g1 = Scene::gamma1(x, y),
                     g2 = Scene::gamma2(x, y);
        n1.push_back(g.e1[i] - (g1 * c - g2 * s));
        n2.push_back(g.e2[i] - (g1 * s + g2 * c));
        lnWeight.push_back(std::log(g.weight[i]));
      }
  BOOST_REQUIRE(i == g.ra.size());
  const double n = static_cast<double>(i), root = std::sqrt(n);
  BOOST_TEST(n > 20000);
  BOOST_TEST(std::max(*std::max_element(fx.begin(), fx.end()), *std::max_element(fy.begin(), fy.end())) < 0.5 + 1e-9);
  BOOST_TEST(std::min(*std::min_element(fx.begin(), fx.end()), *std::min_element(fy.begin(), fy.end())) > -0.5 - 1e-9);
  for (const auto* f : {&fx, &fy}) {
    BOOST_TEST(std::abs(mean(*f)) < 5 * std::sqrt(1.0 / 12) / root);
    BOOST_TEST(std::abs(sd(*f) - std::sqrt(1.0 / 12)) < 5 * 0.13 / root);
  }
  for (const auto* e : {&n1, &n2}) {
    BOOST_TEST(std::abs(mean(*e)) < 5 * 0.27 / root);
    BOOST_TEST(std::abs(sd(*e) - 0.27) < 5 * 0.27 / std::sqrt(2 * n));
  }
  BOOST_TEST(std::abs(mean(lnWeight)) < 5 * 0.25 / root);
  BOOST_TEST(std::abs(sd(lnWeight) - 0.25) < 5 * 0.25 / std::sqrt(2 * n));
  double cross = 0;
  for (std::size_t k = 0; k < n1.size(); ++k) cross += n1[k] * n2[k];
  BOOST_TEST(std::abs(cross / n) < 5 * 0.27 * 0.27 / root);
}

BOOST_AUTO_TEST_CASE(without_noise_the_shear_comes_back_through_the_projection) {
  const SkyGrid sky(Projection::Gnomonic, 0, -50, 6, 60, 60);  // 6 deg wide: the rotation reaches 5 deg
  const Scene scene(PETSC_COMM_SELF, sky, 0, {0.05, 0, 0, 5, {}});
  const auto& g = scene.galaxies;
  double largest = 0, unrotated = 0;
  for (std::size_t i = 0; i < g.ra.size(); ++i) {
    const SkyGrid::Placed p = sky.place(g.ra[i], g.dec[i]);
    const double x = std::round(p.x), y = std::round(p.y);
    largest = std::max(largest, std::abs(g.e1[i] * p.cos2 - g.e2[i] * p.sin2 - Scene::gamma1(x, y)));
    largest = std::max(largest, std::abs(g.e1[i] * p.sin2 + g.e2[i] * p.cos2 - Scene::gamma2(x, y)));
    unrotated = std::max(unrotated, std::abs(g.e2[i] - Scene::gamma2(x, y)));
  }
  BOOST_TEST(largest < 1e-12);
  BOOST_TEST(unrotated > 1e-3);
}

BOOST_AUTO_TEST_CASE(the_density_is_per_solid_angle) {
  // A band of 20 deg around Dec 60: between two declinations, the number is density x dRA x difference of sin Dec.
  const SkyGrid plate(Projection::None, 100, 60, 20, 60, 60);
  const Scene scene(PETSC_COMM_SELF, plate, 0, {0.05, 0.1, 0, 8, {}});
  for (double low : {50.0, 55.0, 60.0, 65.0}) {
    const auto in = std::count_if(scene.galaxies.dec.begin(), scene.galaxies.dec.end(),
                                  [&](double d) { return d >= low && d < low + 5; });
    const double expected = 0.05 * 3600 / degree * 20 * (std::sin((low + 5) * degree) - std::sin(low * degree));
    BOOST_TEST(std::abs(static_cast<double>(in) - expected) < 5 * std::sqrt(expected) + 2e-4 * expected);
  }
  // The pixels of a gnomonic grid fill the sky: 4 asin(sin^2 of ...) of a square pyramid, tan(10 deg) half-width.
  const SkyGrid tangent(Projection::Gnomonic, 0, 0, 60 * std::tan(10 * degree) / degree / 10, 20, 20);
  double area = 0;
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x) area += pixelSolidAngle(tangent, x, y);
  const double half = std::tan(10 * degree), pyramid = 4 * std::asin(half * half / (1 + half * half));
  BOOST_TEST(area == pyramid * std::pow(60 / degree, 2), boost::test_tools::tolerance(1e-4));
}

BOOST_AUTO_TEST_CASE(the_mask_has_its_border_and_holes_and_no_galaxies) {
  const SkyGrid sky(Projection::Gnomonic, 10, 0, 0.5, 47, 31);
  std::vector<StarHole> holes = randomHoles(sky, 6, 1.5, 4, 12);
  const auto more = randomHoles(sky, 9, 1.5, 4, 12);
  for (std::size_t i = 0; i < holes.size(); ++i) {
    BOOST_TEST((holes[i].x == more[i].x && holes[i].y == more[i].y && holes[i].radius == more[i].radius));
    BOOST_TEST((holes[i].radius >= 1.5 && holes[i].radius <= 4 && sky.holds(holes[i].x, holes[i].y)));
  }
  holes.push_back({-2.5, 15, 4});  // its centre is off the grid
  holes.push_back({20.2, 40, 0.1});
  const Scene scene(PETSC_COMM_WORLD, sky, 5, {300, 0.1, 0, 8, {}}, 2, holes);
  const ReadLocal mask(scene.mask), count(scene.count);
  const Box& box = scene.cube.box();
  for (PetscInt row = 0; row < box.count[3]; ++row)
    for (PetscInt column = 0; column < box.count[4]; ++column) {
      const PetscInt x = column - scene.window.start[2], y = box.start[3] + row - scene.window.start[1];
      bool open = x >= 2 && y >= 2 && x < 45 && y < 29;
      for (const StarHole& h : holes) open = open && std::hypot(x - h.x, y - h.y) > h.radius;
      const PetscInt i = row * box.count[4] + column;
      BOOST_TEST(mask[i] == (open ? 1.0 : 0.0));
      BOOST_TEST((count[i] > 0) == open);  // 75 galaxies a pixel
    }
}
