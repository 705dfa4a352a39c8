/// Poisson noise against its formula, numbers computed with 50 digits, and a brute-force minimiser.
#include <cmath>
#include <limits>

#include "derivatives.hpp"
#include "expect_error.hpp"
#include "model/affine.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "noise_checks.hpp"
#include "operators/algebra.hpp"
#include "taylor.hpp"

using namespace lacuna;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double notANumber = std::nan("");
double count(std::int64_t i) { return static_cast<double>((7 * i) % 5) + (i % 4 == 1 ? 0.25 : 0); }
double mean(std::int64_t i) { return 0.3 + static_cast<double>((3 * i) % 7); }
bool masked(std::int64_t i) { return i % 6 == 3; }

PoissonNoise made(const Space& s) {
  VecHandle y = s.vec(), mask = s.vec();
  fillNatural(s, y, [](std::int64_t i) { return masked(i) ? notANumber : count(i); });
  fillNatural(s, mask, [](std::int64_t i) { return masked(i) ? 0.0 : -2.0; });
  return PoissonNoise(s, y, mask);
}
/// One datum and one mean.
double valueOf(double y, double mu) { return PoissonDensity({y}).value(0, mu); }

}  // namespace

BOOST_AUTO_TEST_CASE(value_gradient_weights_and_deviance_are_the_formulas) {
  for (const Space& s :
       {Space::line(PETSC_COMM_WORLD, 29), Space::line(PETSC_COMM_WORLD, 2), cubeOf({3, 1, 1, 4, 6}).space()}) {
    const PoissonNoise noise = made(s);
    VecHandle mu = s.vec(), g = s.vec(), w = s.vec();
    fillNatural(s, mu, [](std::int64_t i) { return masked(i) ? notANumber : mean(i); });
    double value = 0, deviance = 0;
    std::int64_t used = 0;
    std::vector<double> slope, hessian, fisher;
    for (PetscInt i = 0; i < s.global(); ++i) {
      const double y = count(i), m = mean(i), on = masked(i) ? 0 : 1;
      used += !masked(i);
      value += on * (m - y * std::log(m));
      deviance += on * 2 * (m - y + (y > 0 ? y * std::log(y / m) : 0));
      slope.push_back(on * (1 - y / m));
      hessian.push_back(on * y / (m * m));
      fisher.push_back(on / m);
    }
    BOOST_TEST(noise.dataCount() == used);
    BOOST_TEST(noise.value(mu) == value, boost::test_tools::tolerance(1e-13));
    BOOST_TEST(noise.valueAndGradient(mu, g) == value, boost::test_tools::tolerance(1e-13));
    BOOST_TEST(noise.deviance(mu) == deviance, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(worstDifference(inNaturalOrder(s, g), slope) < 1e-14);
    noise.weights(mu, Curvature::Hessian, w);
    BOOST_TEST(worstDifference(inNaturalOrder(s, w), hessian) < 1e-14);
    noise.weights(mu, Curvature::Fisher, w);
    BOOST_TEST(worstDifference(inNaturalOrder(s, w), fisher) < 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(it_is_stable_at_extreme_means) {
  // By mpmath with 50 digits: mu - y*log(mu), and mu - y + y*log(y/mu).
  BOOST_TEST(valueOf(0, 0) == 0);
  BOOST_TEST(valueOf(0, 1e-300) == 1e-300);
  BOOST_TEST(valueOf(3, 1e-300) == 2072.3265836946411156, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(valueOf(10000003, 1e7) == -151181004.86387015, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(valueOf(1, 0) == inf);
  BOOST_TEST(valueOf(0, -1e-7) == inf);
  BOOST_TEST(std::isnan(valueOf(0, notANumber)));
  BOOST_TEST(poissonExcess(10000003, 1e7) == 4.4999995500000675e-07, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(poissonExcess(3, 3.002) == 6.6637051843940330e-7, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(poissonExcess(3, 3.004) == 2.6642986641410825e-6, boost::test_tools::tolerance(1e-12));
  const Space s = Space::line(PETSC_COMM_WORLD, 4);
  VecHandle y = s.vec(), mu = s.vec(), g = s.vec();
  const double data[] = {0, 0, 1, 3}, means[] = {0, 1e-300, 1e-300, 1e7};
  fillNatural(s, y, [&](std::int64_t i) { return data[i]; });
  fillNatural(s, mu, [&](std::int64_t i) { return means[i]; });
  const PoissonNoise noise(s, y);
  BOOST_TEST(std::isfinite(noise.valueAndGradient(mu, g)));
  for (double slope : inNaturalOrder(s, g)) BOOST_TEST(std::isfinite(slope));
  for (Curvature kind : {Curvature::Hessian, Curvature::Fisher}) {
    noise.weights(mu, kind, g);
    for (double weight : inNaturalOrder(s, g)) BOOST_TEST((std::isfinite(weight) && weight >= 0));
  }
}

BOOST_AUTO_TEST_CASE(a_mean_that_is_not_feasible_is_infinite_for_all) {
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  const PoissonNoise noise = made(s);
  VecHandle mu = s.vec();
  const std::int64_t zeroCount = 5, positiveCount = 28;
  BOOST_REQUIRE(count(zeroCount) == 0.25);
  for (auto [at, value, feasible] : {std::tuple{std::int64_t{0}, 0.0, true},
                                     {std::int64_t{0}, -1.0, false},
                                     {positiveCount, 0.0, false},
                                     {zeroCount, 0.0, false},
                                     {std::int64_t{3}, -1.0, true}}) {
    fillNatural(s, mu, [&, at = at, value = value](std::int64_t i) { return i == at ? value : mean(i); });
    BOOST_TEST(std::isfinite(noise.value(mu)) == feasible, "mean " << value << " at " << at);
  }
}

BOOST_AUTO_TEST_CASE(prox_is_the_minimum) {
  for (double y : {0.0, 0.25, 1.0, 7.0, 1e4, 1e7})
    for (double v : {-1e3, -2.0, 0.0, 1e-9, 0.5, 30.0, 1e7})
      for (double weight : {1e-6, 0.1, 1.0, 50.0}) requireProx(PoissonDensity({y}), y, v, weight);
}

BOOST_AUTO_TEST_CASE(prox_works_on_any_part_and_leaves_what_is_masked) { requireProxOfParts(made, masked); }

BOOST_AUTO_TEST_CASE(bad_counts_are_told_with_index_and_number) {
  requireCountsChecked([](const Space& s, Vec y, Vec mask) { PoissonNoise(s, y, mask); }, true);
}

BOOST_AUTO_TEST_CASE(draws_are_poisson_numbers) {
  for (double m : {0.0, 1e-300, 0.02, 0.7, 4.0, 9.99, 10.0, 31.0, 1e3})
    requireDraws(PoissonDensity({m}), m, [&](double k) {
      return m > 0 ? std::exp(k * std::log(m) - m - std::lgamma(k + 1)) : k == 0 ? 1.0 : 0.0;
    });
  // Mean and variance of large ones.
  double sum = 0, squares = 0;
  const int n = 20000;
  for (int i = 0; i < n; ++i) {
    const Rng rng(7);
    Uniforms u(rng, i);
    const double d = drawPoisson(1e7, u) - 1e7;
    sum += d, squares += d * d;
  }
  BOOST_TEST(std::abs(sum / n) < 5 * std::sqrt(1e7 / n));
  BOOST_TEST(std::abs(squares / n / 1e7 - 1) < 5 * std::sqrt(2.0 / n));
}

BOOST_AUTO_TEST_CASE(samples_depend_on_the_natural_index_alone) { requireSampleKeyed(made, masked, mean); }

BOOST_AUTO_TEST_CASE(the_likelihood_over_a_background_has_these_derivatives) {
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  VecHandle d = s.vec(), b = s.vec(), x = s.vec();
  fillNatural(s, d, [](std::int64_t i) { return 0.5 + static_cast<double>(i % 3); });
  check(VecSet(b, 0.75));
  fillNatural(s, x, [](std::int64_t i) { return 4 + static_cast<double>(i % 5); });
  const auto A = diagonal(s, std::move(d));
  const auto mean = std::make_shared<Affine>(A, std::move(b));
  VecHandle mu = s.vec();
  mean->apply(x, mu);
  for (std::size_t i = 0; const double m : inNaturalOrder(s, mu)) {
    BOOST_TEST(m == (0.5 + static_cast<double>(i % 3)) * (4 + static_cast<double>(i % 5)) + 0.75);
    ++i;
  }
  const Likelihood E(mean, std::make_shared<PoissonNoise>(made(s)));
  requireTaylor(E, x);
  requireFactor(E, x);
  const Space other = Space::line(PETSC_COMM_WORLD, 30);
  BOOST_CHECK_THROW(Affine(A, other.vec()), Error);
}
