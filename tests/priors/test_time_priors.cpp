/// Priors in time, and Gaussian fields in the pixels themselves.
#include <complex>
#include <numbers>

#include "expect_error.hpp"
#include "priors/gamma_chain.hpp"
#include "priors/markov_prior.hpp"
#include "term_checks.hpp"

using namespace lacuna;

namespace {

const std::vector<Shape> movies = {{5, 1, 1, 1, 7}, {3, 1, 1, 6, 5}, {4, 1, 3, 2, 3}, {1, 1, 1, 4, 5}};
const std::vector<double> times{0, 1, 1.5, 4, 4.25};
std::vector<double> firstTimes(PetscInt frames) { return {times.begin(), times.begin() + frames}; }

double power(const Mode& k) { return 1 / (0.1 + k.fx * k.fx + 2 * k.fy * k.fy + 3 * k.fz * k.fz); }
/// r^T C^-1 r with C^-1 = F^-1 1/P F for every frame, by sums over all modes.
double whitenedSquare(const Shape& s, const Numbers& r) {
  double sum = 0;
  const Field f{s, r};
  const auto frequency = [](PetscInt k, PetscInt n) { return double(2 * k <= n ? k : k - n) / double(n); };
  for (PetscInt t = 0; t < s.frames; ++t)
    eachPixel({1, 1, s.nz, s.ny, s.nx}, [&](PetscInt, PetscInt kz, PetscInt ky, PetscInt kx) {
      std::complex<double> F = 0;
      eachPixel({1, 1, s.nz, s.ny, s.nx}, [&](PetscInt, PetscInt z, PetscInt y, PetscInt x) {
        const double turns =
            double(kz * z) / double(s.nz) + double(ky * y) / double(s.ny) + double(kx * x) / double(s.nx);
        F += f(t, z, y, x) * std::polar(1.0, -2 * std::numbers::pi * turns);
      });
      Mode k;
      k.fx = frequency(kx, s.nx), k.fy = frequency(ky, s.ny), k.fz = frequency(kz, s.nz);
      sum += std::norm(F) / power(k) / double(s.pixels());
    });
  return sum;
}
double square(const Shape&, const Numbers& r) {
  double sum = 0;
  for (double v : r) sum += v * v;
  return sum;
}
/// The innovations over their sd: what C whitens.
Numbers innovations(const TimeChain& c, const Numbers& v) {
  const std::size_t frame = v.size() / c.frames();
  Numbers r;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const std::size_t t = i / frame;
    r.push_back(t == 0 ? (v[i] - c.initialMean) / c.initialSd
                       : (v[i] - c.constant[t] - c.phi[t] * v[i - frame]) / c.sd[t]);
  }
  return r;
}
std::vector<TimeChain> chains(PetscInt frames) {
  const auto n = static_cast<std::size_t>(frames);
  return {randomWalk(n, 0.4, 1.5, 2), randomWalk(n, 0.4, 0, INFINITY, firstTimes(frames)),
          ar1(n, 0.8, 2.5, 1.2, firstTimes(frames))};
}
std::shared_ptr<const Fft> transform(const Cube& c) { return std::make_shared<Fft>(c, Planning::Estimate); }

/// Draws a prior on the cube and on one rank; they must be the same. All pixels of `draws` draws.
std::vector<Numbers> drawsOf(const Shape& s, int draws,
                             const std::function<std::shared_ptr<Prior>(const Cube&)>& make) {
  const Cube cube = cubeOf(s), alone(std::make_shared<ProcessGrid>(PETSC_COMM_SELF, s.frames), s);
  VecHandle x = cube.space().vec(), y = alone.space().vec();
  Rng a(3, 1), b(3, 1);
  const auto here = make(cube), there = make(alone);
  std::vector<Numbers> all;
  for (int d = 0; d < draws; ++d) {
    here->sample(a, x);
    there->sample(b, y);
    all.push_back(inNaturalOrder(cube.space(), x));
    BOOST_TEST(worstDifference(all.back(), inNaturalOrder(alone.space(), y)) < 1e-13);
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(coefficients_of_chains_in_time) {
  const TimeChain walk = randomWalk(5, 0.4, 1.5, 2, times), ou = ar1(5, 0.8, 2.5, 1.2, times);
  for (std::size_t t = 1; t < 5; ++t) {
    const double dt = times[t] - times[t - 1], phi = std::exp(-dt / 2.5);
    BOOST_TEST(walk.sd[t] == 0.4 * std::sqrt(dt), boost::test_tools::tolerance(1e-15));
    BOOST_TEST(walk.phi[t] == 1);
    BOOST_TEST(ou.phi[t] == phi, boost::test_tools::tolerance(1e-15));
    BOOST_TEST(ou.constant[t] == (1 - phi) * 1.2, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(ou.sd[t] == 0.8 * std::sqrt(1 - phi * phi), boost::test_tools::tolerance(1e-14));
  }
  BOOST_TEST(ou.initialMean == 1.2);
  BOOST_TEST(ou.initialSd == 0.8);
  // Very long correlations tend to a random walk of variance 2 sd^2 dt / tau.
  BOOST_TEST(ar1(2, 1, 1e12, 0).sd[1] == std::sqrt(2e-12), boost::test_tools::tolerance(1e-10));
  expectError(ExitCode::BadConfig, {"sd"}, [] { randomWalk(3, 0, 0, 1); });
  expectError(ExitCode::BadConfig, {"correlation"}, [] { ar1(3, 1, -1, 0); });
  expectError(ExitCode::BadData, {"frame 2", "later"}, [] { randomWalk(3, 1, 0, 1, {0, 1, 1}); });
  expectError(ExitCode::BadData, {"2 times", "3 frames"}, [] { randomWalk(3, 1, 0, 1, {0, 1}); });
  expectError(ExitCode::BadConfig, {"2 frames", "movie of 3"}, [] {
    MarkovPrior(cubeOf({3, 1, 1, 1, 2}), randomWalk(2, 1, 0, 1));
  });
}

BOOST_AUTO_TEST_CASE(gaussian_chains_with_white_and_coloured_innovations) {
  for (const Shape& s : movies)
    for (const TimeChain& chain : chains(s.frames))
      for (int timeRanks : {0, 1}) {
        const auto white = [&](const Cube& c) { return std::make_shared<MarkovPrior>(c, chain); };
        const auto coloured = [&](const Cube& c) { return std::make_shared<MarkovPrior>(transform(c), chain, power); };
        if (s.frames > 1 || std::isfinite(chain.initialSd)) {  // a single frame of which nothing is known costs nothing
          requirePrior(
              s, white, [&](const Numbers& v) { return 0.5 * square(s, innovations(chain, v)); }, normalAt, timeRanks);
          requirePrior(
              s, coloured, [&](const Numbers& v) { return 0.5 * whitenedSquare(s, innovations(chain, v)); }, normalAt,
              timeRanks);
        }
        const Cube cube = cubeOf(s, timeRanks);
        VecHandle x = cube.space().vec();
        fillNatural(cube.space(), x, normalAt);
        requireFactor(*white(cube), x);
        requireFactor(*coloured(cube), x);
      }
}

BOOST_AUTO_TEST_CASE(draws_of_an_ornstein_uhlenbeck_process_have_its_covariance) {
  const Shape s{5, 1, 1, 64, 64};
  const double sd = 0.8, tau = 2.5, mean = 1.2, n = 4096;
  const Numbers x =
      drawsOf(s, 1, [&](const Cube& c) { return std::make_shared<MarkovPrior>(c, ar1(5, sd, tau, mean, times)); })[0];
  for (std::size_t t = 0; t < 5; ++t)
    for (std::size_t u = 0; u <= t; ++u) {
      double covariance = 0;
      for (std::size_t i = 0; i < 4096; ++i) covariance += (x[t * 4096 + i] - mean) * (x[u * 4096 + i] - mean) / n;
      const double rho = std::exp(-(times[t] - times[u]) / tau);
      BOOST_TEST(std::abs(covariance / (sd * sd) - rho) < 4.5 * std::sqrt((1 + rho * rho) / n), t << ' ' << u);
    }
  expectError(ExitCode::BadConfig, {"first frame"}, [] {
    const Cube cube = cubeOf({3, 1, 1, 1, 2});
    VecHandle y = cube.space().vec();
    Rng rng(1);
    MarkovPrior(cube, randomWalk(3, 1, 0, INFINITY)).sample(rng, y);
  });
}

BOOST_AUTO_TEST_CASE(the_energy_of_draws_is_half_chi_square) {
  // E of a draw is half a chi2 of as many degrees of freedom as there are pixels.
  for (const Shape& s : {Shape{4, 1, 1, 16, 12}, {3, 1, 4, 8, 6}}) {
    const auto frames = static_cast<std::size_t>(s.frames);
    const double n = double(s.size());
    for (const auto& make : std::vector<std::function<std::shared_ptr<Prior>(const Cube&)>>{
             [&](const Cube& c) { return std::make_shared<MarkovPrior>(c, randomWalk(frames, 0.4, 1, 2)); },
             [&](const Cube& c) { return std::make_shared<MarkovPrior>(transform(c), ar1(frames, 0.4, 3, 1), power); },
             [&](const Cube& c) { return std::make_shared<SpectralPrior>(transform(c), power, 1.5); }}) {
      const Cube cube = cubeOf(s);
      VecHandle x = cube.space().vec();
      double sum = 0;
      for (const Numbers& draw : drawsOf(s, 4, make)) {
        fillNatural(cube.space(), x, [&](std::int64_t i) { return draw[static_cast<std::size_t>(i)]; });
        sum += make(cube)->at(x)->value();
      }
      BOOST_TEST(std::abs(sum - 2 * n) < 4.5 * std::sqrt(2 * n), sum << " of " << 2 * n);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_gaussian_field_in_its_pixels) {
  for (const Shape& s : {Shape{1, 1, 1, 6, 5}, {1, 1, 1, 1, 8}, {2, 1, 3, 4, 3}}) {
    const auto make = [](const Cube& c) { return std::make_shared<SpectralPrior>(transform(c), power, 1.5); };
    requirePrior(s, make, [&](const Numbers& v) {
      Numbers r;
      for (double x : v) r.push_back(x - 1.5);
      return 0.5 * whitenedSquare(s, r);
    });
    const Cube cube = cubeOf(s);
    VecHandle x = cube.space().vec();
    fillNatural(cube.space(), x, normalAt);
    requireFactor(*make(cube), x);
  }
  const auto fft = transform(cubeOf({1, 1, 1, 6, 4}));
  for (double bad : {0.0, -1.0, std::nan(""), double(INFINITY)}) {
    const auto P = [bad](const Mode& k) { return k.zero() ? bad : 1.0; };
    const auto refused = [](auto make) { expectError(ExitCode::BadData, {"power of mode", "positive"}, make); };
    if (bad != 0) refused([&] { SpectralPrior(fft, P); });
    refused([&] { MarkovPrior(fft, ar1(1, 0.4, 3, 1), P); });
  }
}

BOOST_AUTO_TEST_CASE(gamma_chains) {
  const auto logGamma = [](double x, double shape, double mean) {  // log density
    const double b = shape / mean;
    return shape * std::log(b) + (shape - 1) * std::log(x) - b * x - std::lgamma(shape);
  };
  for (const Shape& s : movies)
    for (const auto density : {GammaChain::Density::PerX, GammaChain::Density::PerLogX})
      for (int timeRanks : {0, 1}) {
        const auto make = [density](const Cube& c) {
          return std::make_shared<GammaChain>(c, GammaChain::Parameters{3.5, 1.7, 2.1, density});
        };
        requirePrior(
            s, make,
            [&](const Numbers& v) {
              const auto frame = static_cast<std::size_t>(s.pixels());
              double E = 0;
              for (std::size_t i = 0; i < v.size(); ++i) {
                E -= i < frame ? logGamma(v[i], 1.7, 2.1) : logGamma(v[i], 3.5, v[i - frame]);
                if (density == GammaChain::Density::PerLogX) E -= std::log(v[i]);
              }
              return E;
            },
            positiveAt, timeRanks);
        const Cube cube = cubeOf(s, timeRanks);
        const auto E = make(cube);
        VecHandle x = cube.space().vec(), d = cube.space().vec(), xd = cube.space().vec(), Fxd = cube.space().vec();
        fillNatural(cube.space(), x, positiveAt);
        requireFactor(*E, x);
        for (double bad : {0.0, -1.0}) {
          VecHandle y = like(x);
          fillNatural(cube.space(), y, [&](std::int64_t i) { return i == s.pixels() / 2 ? bad : positiveAt(i); });
          BOOST_TEST(std::isinf(E->at(y)->value()));
        }
        if (density == GammaChain::Density::PerX) continue;
        // Fisher: the Hessian in ln x.
        Rng(4).normal(cube.space(), d);
        check(VecPointwiseMult(xd, x, d));
        E->at(x)->curvature(Curvature::Fisher)->apply(xd, Fxd);
        const auto along = [&](double h) {
          VecHandle y = like(d);
          check(VecCopy(d, y));
          check(VecScale(y, h));
          check(VecExp(y));
          check(VecPointwiseMult(y, y, x));
          return E->at(y)->value();
        };
        const double h = 1e-3, second = (along(h) - 2 * along(0) + along(-h)) / (h * h);
        BOOST_TEST(dot(xd, Fxd) == second, boost::test_tools::tolerance(1e-5));
      }
  expectError(ExitCode::BadConfig, {"gamma chain", "shape"}, [] { GammaChain(cubeOf({}), {-1, 1, 1}); });
}

BOOST_AUTO_TEST_CASE(draws_of_a_gamma_chain_step_by_gamma_variates) {
  const Shape s{4, 1, 1, 64, 64};
  const double n = 4096;
  // E ln(Gamma(a) / a) = digamma(a) - ln a, variance trigamma(a)
  const struct {
    double shape, meanLog, varianceLog;
  } cases[] = {{0.5, -1.9635100260214235 - std::log(0.5), 4.934802200544679},
               {4, 1.2561176684318003 - std::log(4.0), 0.28382295573711525}};
  for (const auto& c : cases) {
    const Numbers x = drawsOf(s, 1, [&](const Cube& cube) {
      return std::make_shared<GammaChain>(cube, GammaChain::Parameters{c.shape, 2, 3, {}});
    })[0];
    double first = 0;
    for (std::size_t i = 0; i < 4096; ++i) first += x[i] / n;
    BOOST_TEST(std::abs(first - 3) < 4.5 * 3 / std::sqrt(2 * n));
    for (std::size_t t = 1; t < 4; ++t) {
      double ratio = 0, square2 = 0, logs = 0;
      for (std::size_t i = 0; i < 4096; ++i) {
        const double r = x[t * 4096 + i] / x[(t - 1) * 4096 + i];
        ratio += r / n, square2 += (r - 1) * (r - 1) / n, logs += std::log(r) / n;
      }
      BOOST_TEST(std::abs(ratio - 1) < 4.5 / std::sqrt(c.shape * n));
      BOOST_TEST(std::abs(logs - c.meanLog) < 4.5 * std::sqrt(c.varianceLog / n));
      BOOST_TEST(std::abs(square2 * c.shape - 1) < 4.5 * std::sqrt((2 + 6 / c.shape) / n));
    }
  }
}
