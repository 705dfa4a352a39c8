// Distances against astropy.cosmology; NFW lensing against integrals of the density; pixels against the analytic mass.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <memory>
#include <numbers>

#include "operators/lensing.hpp"
#include "survey/mock_haloes.hpp"

using namespace lacuna;

namespace {

constexpr double pi = std::numbers::pi, arcmin = pi / 180 / 60;

/// Tanh-sinh quadrature of f over [a, b].
double integrate(const std::function<double(double)>& f, double a, double b) {
  double sum = 0;
  const double h = 1.0 / 32;
  for (int i = -128; i <= 128; ++i) {
    const double t = i * h, s = 0.5 * pi * std::sinh(t), x = std::tanh(s);
    const double w = 0.5 * pi * std::cosh(t) / (std::cosh(s) * std::cosh(s));
    const double at = 0.5 * (a + b) + 0.5 * (b - a) * x;
    if (w > 1e-300 && at > a && at < b) sum += w * f(at);
  }
  return 0.5 * (b - a) * h * sum;
}

const Halo200 cluster{5e14, 4.5, 0.3};

}  // namespace

BOOST_AUTO_TEST_CASE(distances_equal_astropy) {
  // FlatLambdaCDM(H0, Om0, Tcmb0=0): H0, Om0, z lens, z source, comoving (lens), D_l, D_ls, critical density, Sigma_cr
  const double rows[][9] = {{70, 0.3, 0.3, 1, 1194.3968697152304, 918.76682285786956, 1054.71596808612,
                             184828014744.00616, 2834765688247904.5},
                            {70, 0.3, 0.05, 2.5, 211.7038615805877, 201.62272531484541, 1604.5251286724626,
                             142423713848.29181, 8558581745868648},
                            {70, 0.3, 1.2, 1100, 3763.4313597326127, 1710.6506180602782, 9.0100628067297599,
                             529610934161.62012, 1340884983580745.8},
                            {67.4, 0.315, 0.3, 1, 1236.4442931517372, 951.1109947321055, 1082.4093120975824,
                             173616655468.5954, 2746995446623904},
                            {67.4, 0.315, 1.2, 1100, 3870.328532933991, 1759.2402422427231, 9.140951129617676,
                             509245095828.6438, 1308755368570382.8}};
  for (const auto& [h0, om, zl, zs, comoving, dl, dls, critical, sigma] : rows) {
    const FlatLcdm universe(h0, om);
    BOOST_TEST(universe.comovingDistance(zl) == comoving, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(universe.angularDiameterDistance(0, zl) == dl, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(universe.angularDiameterDistance(zl, zs) == dls, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(universe.criticalDensity(zl) == critical, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(universe.criticalSurfaceDensity(zl, zs) == sigma, boost::test_tools::tolerance(1e-9));
  }
  BOOST_CHECK_THROW(FlatLcdm(-70, 0.3), Error);
  BOOST_CHECK_THROW(FlatLcdm(70, 1.3), Error);
}

BOOST_AUTO_TEST_CASE(convergence_is_the_integral_of_the_density_along_the_line_of_sight) {
  const FlatLcdm universe(70, 0.3);
  const NfwLens lens(cluster, universe, 1.0);
  const double dl = universe.angularDiameterDistance(0, cluster.redshift), rs = lens.r200() / cluster.concentration;
  const double sigmaCr = universe.criticalSurfaceDensity(cluster.redshift, 1.0);
  BOOST_TEST(lens.scaleAngle() * dl == rs, boost::test_tools::tolerance(1e-12));
  const auto density = [&](double r) { return lens.scaleDensity() / (r / rs * (1 + r / rs) * (1 + r / rs)); };
  // m200 by its definition, from the density
  const double mass = integrate([&](double r) { return 4 * pi * r * r * density(r); }, 0, lens.r200());
  BOOST_TEST(mass == cluster.m200, boost::test_tools::tolerance(1e-10));
  BOOST_TEST(mass == 200 * universe.criticalDensity(0.3) * 4 * pi / 3 * std::pow(lens.r200(), 3),
             boost::test_tools::tolerance(1e-10));
  for (double x : {1e-4, 0.02, 0.4, 0.6, 0.9979, 0.9981, 1.0, 1.0019, 1.0021, 1.5, 7.0, 300.0}) {
    const double R = x * rs;  // l = R sinh u makes the integrand smooth and decaying
    const double sigma = 2 * integrate([&](double u) { return R * std::cosh(u) * density(R * std::cosh(u)); }, 0, 60);
    BOOST_TEST(lens.convergence(R / dl) == sigma / sigmaCr, boost::test_tools::tolerance(1e-8));
  }
}

BOOST_AUTO_TEST_CASE(mean_convergence_is_the_mass_in_the_cylinder) {
  const NfwLens lens(cluster, FlatLcdm(70, 0.3), 1.0);
  for (double x : {1e-3, 0.0099, 0.0101, 0.3, 0.49, 0.51, 1.0, 1.0000001, 4.5, 40.0}) {
    const double theta = x * lens.scaleAngle();
    const double mean = 2 / (theta * theta) * integrate([&](double t) { return t * lens.convergence(t); }, 0, theta);
    BOOST_TEST(lens.meanConvergence(theta) == mean, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(lens.tangentialShear(theta) == mean - lens.convergence(theta), boost::test_tools::tolerance(1e-6));
  }
  const NfwLens behind({5e14, 4.5, 1.5}, FlatLcdm(70, 0.3), 1.0);
  BOOST_TEST(behind.convergence(1e-4) == 0.0);
  BOOST_CHECK_THROW(NfwLens({0, 4, 0.3}, FlatLcdm(70, 0.3), 1.0), Error);
}

BOOST_AUTO_TEST_CASE(pixels_hold_the_mean_of_the_profile) {
  if (rankOf(PETSC_COMM_WORLD) > 0) return;  // the same on all: once is enough for two-dimensional quadratures
  const NfwLens lens(cluster, FlatLcdm(70, 0.3), 1.0);
  const double side = 0.5 * arcmin;
  // Against a quadrature over the square in polar coordinates around the lens, which sees no divergence.
  for (const auto& [dx, dy] : {std::pair{0.0, 0.0}, {0.3, -0.45}, {0.5, 0.5}, {3.0, 2.0}, {10.2, 0.0}, {70.0, 30.0}}) {
    const auto column = [&](double x) {
      const auto f = [&](double y) { return lens.convergence(side * std::hypot(x, y)); };
      return dy - 0.5 < 0 && dy + 0.5 > 0 ? integrate(f, dy - 0.5, 0) + integrate(f, 0, dy + 0.5)
                                          : integrate(f, dy - 0.5, dy + 0.5);
    };
    const double exact = dx - 0.5 < 0 && dx + 0.5 > 0 ? integrate(column, dx - 0.5, 0) + integrate(column, 0, dx + 0.5)
                                                      : integrate(column, dx - 0.5, dx + 0.5);
    BOOST_TEST(pixelConvergence(lens, dx * side, dy * side, side) == exact, boost::test_tools::tolerance(1e-4));
  }
}

BOOST_AUTO_TEST_CASE(the_map_has_the_mass_and_the_shear_of_the_halo) {
  // Two fields that hold the halo off-centre; the shear of the periodic grid against the analytic one.
  const auto grid = std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1);
  const double pixel = 0.4, centreX = 131.3, centreY = 120.8;
  const SkyGrid sky(Projection::Gnomonic, 150, 2, pixel, 256, 250);
  const Cube cube(grid, {1, 1, 1, 512, 512});
  const Window window{{0, 100, 64}, {1, 250, 256}};
  const auto at = sky.skyOf(centreX, centreY);
  const FlatLcdm universe(70, 0.3);
  const NfwLens lens(cluster, universe, 1.0);
  const VecHandle kappa = cube.space().vec(), gamma = cube.withChannels(2).space().vec();
  addHaloes(cube, window, sky, {{cluster, at.ra, at.dec}}, universe, 1.0, kappa);
  lensing(std::make_shared<Fft>(cube, Planning::Estimate))->apply(kappa, gamma);

  const ReadLocal k(kappa), g(gamma);
  const double side = pixel * arcmin, r200 = lens.scaleAngle() * cluster.concentration;
  constexpr int rings = 4;
  const double edge[rings + 1] = {2 * arcmin, 3 * arcmin, 4.5 * arcmin, 7 * arcmin, 11 * arcmin};
  double mine[3 * rings + 1] = {}, all[3 * rings + 1] =
                                       {};  // per ring: sum of tangential shear, of its analytic value, of cross shear
  for (PetscInt y = 0; y < cube.box().count[3]; ++y)
    for (PetscInt x = 0; x < 512; ++x) {
      const PetscInt i = y * 512 + x;
      const double dx = side * (x - 64 - centreX), dy = side * (cube.box().start[3] + y - 100 - centreY),
                   r = std::hypot(dx, dy);
      if (r < r200) mine[3 * rings] += k[i] * side * side;
      const double c = (dx * dx - dy * dy) / (r * r), s = 2 * dx * dy / (r * r), g1 = g[i],
                   g2 = g[cube.space().local() + i];
      for (int ring = 0; ring < rings; ++ring)
        if (r >= edge[ring] && r < edge[ring + 1]) {
          mine[3 * ring] -= g1 * c + g2 * s;
          mine[3 * ring + 1] += lens.tangentialShear(r);
          mine[3 * ring + 2] += g1 * s - g2 * c;
        }
    }
  checkMpi(MPI_Allreduce(mine, all, 3 * rings + 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  // The jagged edge of the disk of r200 is what limits this.
  BOOST_TEST(all[3 * rings] == lens.meanConvergence(r200) * pi * r200 * r200, boost::test_tools::tolerance(2e-3));
  for (int ring = 0; ring < rings; ++ring) {
    BOOST_TEST(all[3 * ring] == all[3 * ring + 1], boost::test_tools::tolerance(0.03));  // images of the periodic grid
    BOOST_TEST(std::abs(all[3 * ring + 2]) < 3e-3 * all[3 * ring + 1]);
  }
  BOOST_CHECK_THROW(addHaloes(cube, window, sky, {{cluster, 150, 40}}, universe, 1.0, kappa), Error);
  BOOST_CHECK_THROW(addHaloes(cube, window, sky, {{cluster, 330, -2}}, universe, 1.0, kappa), Error);
}
