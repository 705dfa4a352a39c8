/// Truncated and censored Poisson noise against numbers computed with 150 digits (mpmath: direct sums of the series,
/// derivatives by differences), and against brute force.
#include <cmath>
#include <limits>

#include "derivatives.hpp"
#include "expect_error.hpp"
#include "model/censored_poisson_noise.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/truncated_poisson_noise.hpp"
#include "noise_checks.hpp"
#include "operators/algebra.hpp"
#include "taylor.hpp"

using namespace lacuna;
using boost::test_tools::tolerance;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double notANumber = std::nan("");

struct Expected {
  double y, ceiling, mu, value, slope, hessian;
};
// -y ln mu + ln sum_{k<=N} mu^k/k!
const Expected truncated[] = {
    {3, 5, 4, -0.400788560224262535, 0.0509331259720062208, 0.098105661157724411},
    {3, 10, 4, -0.161726889265838794, 0.244692451126104821, 0.179510506614108446},
    {3, 20, 4, -0.158883085282730318, 0.249999991722536338, 0.187499966890145282},
    {0, 1, 0.5, 0.405465108108164382, 0.666666666666666667, -0.444444444444444444},
    {1, 1, 1e-300, 690.775527898213705, -1e300, inf},
    {0, 1, 1e-300, 1e-300, 1, -1},
    {5, 5, 1e7, -4.78749124278197099, -5.00000150000005e-14, 1.00000045000002e-20},
    {2, 5, 1e7, 43.5667957100929884, 2.99999949999985e-7, -2.99999899999955e-14},
    {0.5, 20, 20, 17.920693668424682, 0.816108038458028442, -0.0239966554426553685},
    {20, 20, 20.5, -40.5725402739739629, -0.14712619097480974, 0.0223561600565685012},
    {60000, 65535, 65000, -599928.571040136249, 0.0767464934769581732, 0.0000127165841235320864},
    {65535, 65535, 66000, -661272.112905673835, -0.00152992940243484089, 1.92503380117665006e-6},
    {65535, 65535, 1e7, -661276.865190117702, -6.59673034426181527e-10, 1.32369761941302817e-16},
    {300, 65535, 310.5, -1410.95517041206004, 0.0338164251207729469, 0.0031117023345546765},
};
// -ln sum_{k>=N} e^-mu mu^k/k!
const Expected censored[] = {
    {1, 1, 1e-300, 690.775527898213705, -1e300, inf},
    {1, 1, 3, 0.0510691809427015865, -0.052395696491255952, 0.0551410055020597632},
    {20, 20, 1e-300, 13857.8461744250276, -2e301, inf},
    {25, 20, 0.5, 56.6744894449287208, -39.0486704015545015, 79.9978552717220387},
    {20, 20, 19.5, 0.723903861799115503, -0.186727400022275631, 0.0396550039709321626},
    {20, 20, 20.5, 0.555954271987920219, -0.150189555632897795, 0.033546382301663238},
    {20, 20, 60, 6.35191834239631944e-10, -4.38642009190018392e-10, 2.99738706472252714e-10},
    {65535, 65535, 60000, 251.789127701449906, -0.0924299355043297546, 0.0000181719259852104295},
    {65535, 65535, 66000, 0.0355046559540509497, -0.000310413858210625343, 2.28806673194725788e-6},
    {65535, 65535, 1, 661277.871749926598, -65534.0000152590219, 65534.9999999997672},
};
template <class D>
void requireExpected(std::span<const Expected> all) {
  for (const Expected& e : all) {
    const D d({e.y}, e.ceiling);
    BOOST_TEST_CONTEXT("y " << e.y << ", N " << e.ceiling << ", mu " << e.mu) {
      const auto [value, slope] = d.valueAndSlope(0, e.mu);
      BOOST_TEST(value == d.value(0, e.mu));
      const double power = 1 + std::abs(e.y * std::log(e.mu));  // what is subtracted
      BOOST_TEST(std::abs(value - e.value) <= 4e-16 * power + 1e-12 * std::abs(e.value));
      BOOST_TEST(slope == e.slope, tolerance(1e-9));
      if (std::isinf(e.hessian))
        BOOST_TEST(d.hessian(0, e.mu) > 1e300);
      else
        BOOST_TEST(d.hessian(0, e.mu) == e.hessian, tolerance(2e-7));
    }
  }
}

double count(std::int64_t i) { return static_cast<double>((7 * i) % 6); }
double mean(std::int64_t i) { return 0.3 + static_cast<double>((3 * i) % 9); }
bool masked(std::int64_t i) { return i % 6 == 3; }
constexpr double ceiling = 5;
template <class N>
N made(const Space& s) {
  VecHandle y = s.vec(), mask = s.vec();
  fillNatural(s, y, [](std::int64_t i) { return masked(i) ? notANumber : count(i); });
  fillNatural(s, mask, [](std::int64_t i) { return masked(i) ? 0.0 : 1.0; });
  return N(s, y, ceiling, mask);
}
double poisson(double k, double m) { return std::exp(k * std::log(m) - m - std::lgamma(k + 1)); }

}  // namespace

BOOST_AUTO_TEST_CASE(values_and_derivatives_are_right_everywhere) {
  requireExpected<TruncatedPoissonDensity>(truncated);
  requireExpected<CensoredPoissonDensity>(censored);
  // log p(3; mean 4, N), and without a ceiling
  for (const auto& [N, logp] : {std::pair{5.0, -1.390970909004}, {10.0, -1.630032579962}, {20.0, -1.632876383945}})
    BOOST_TEST(-TruncatedPoissonDensity({3}, N).value(0, 4) - std::log(6.0) == logp, tolerance(1e-12));
  BOOST_TEST(-PoissonDensity({3}).value(0, 4) - std::log(6.0) == -1.632876385868, tolerance(1e-12));
  BOOST_TEST(TruncatedPoissonDensity({0}, 5).value(0, 0) == 0);
  BOOST_TEST(TruncatedPoissonDensity({2}, 5).value(0, 0) == inf);
  BOOST_TEST(TruncatedPoissonDensity({0}, 5).value(0, -1e-9) == inf);
  BOOST_TEST(CensoredPoissonDensity({5}, 5).value(0, 0) == inf);
  BOOST_TEST(CensoredPoissonDensity({5}, 5).value(0, -1) == inf);
  BOOST_TEST(CensoredPoissonDensity({4}, 5).value(0, 3) == poissonEnergy(4, 3));
}

BOOST_AUTO_TEST_CASE(fisher_weights_are_the_expected_information) {
  struct Information {
    double ceiling, mu, value;
  };
  // sum over all readings of p (d ln p / d mu)^2
  for (const auto& e : {Information{1, 1e-300, 1e300},
                        {1, 2, 0.0555555555555555556},
                        {5, 4, 0.110838942650725966},
                        {20, 3, 0.333333332905210607},
                        {20, 45, 0.000535796559786807198},
                        {5, 1e7, 5.00000300000015e-21}})
    BOOST_TEST(TruncatedPoissonDensity({0}, e.ceiling).fisher(0, e.mu) == e.value, tolerance(1e-10));
  for (const auto& e : {Information{1, 1e-300, 1e300},
                        {1, 2, 0.156517642749665652},
                        {5, 4, 0.211201556286440081},
                        {20, 3, 0.333333333331600364},
                        {20, 45, 3.59589015964780735e-6},
                        {1000, 990, 0.000891186759359820671}})
    BOOST_TEST(CensoredPoissonDensity({0}, e.ceiling).fisher(0, e.mu) == e.value, tolerance(1e-10));
  BOOST_TEST(TruncatedPoissonDensity({0}, 5).fisher(0, 0) == 0);
  BOOST_TEST(CensoredPoissonDensity({0}, 5).fisher(0, 0) == 0);
}

BOOST_AUTO_TEST_CASE(excess_is_above_the_least_energy) {
  for (double N : {1.0, 5.0, 20.0, 300.0})
    for (double y = 0; y <= N; y += std::max(0.5, N / 7)) {
      const TruncatedPoissonDensity t({y}, N);
      const CensoredPoissonDensity c({y}, N);
      double leastT = inf, leastC = inf;
      for (double m = 1e-9; m < 1e12; m *= 1.01)
        leastT = std::min(leastT, t.value(0, m)), leastC = std::min(leastC, c.value(0, m));
      for (double m : {0.1, 3.0, 50.0}) {
        BOOST_TEST(std::abs(t.excess(0, m) - (t.value(0, m) - leastT)) < 2e-5 * (1 + y), "y " << y << " of " << N);
        BOOST_TEST(std::abs(c.excess(0, m) - (c.value(0, m) - leastC)) < 1e-4 * (1 + y), "y " << y << " of " << N);
      }
    }
}

BOOST_AUTO_TEST_CASE(prox_is_the_minimum) {
  for (double N : {1.0, 5.0, 300.0})
    for (double y : {0.0, 0.5, 1.0, 4.0, 5.0, 290.0, 300.0})
      for (double v : {-30.0, 0.0, 0.5, 6.0, 100.0, 400.0, 1e5})
        for (double weight : {1e-5, 0.01, 0.3, 20.0}) {
          if (y > N) continue;
          requireProx(TruncatedPoissonDensity({y}, N), N, v, weight);
          requireProx(CensoredPoissonDensity({y}, N), N, v, weight);
        }
  requireProxOfParts(made<TruncatedPoissonNoise>, masked);
  requireProxOfParts(made<CensoredPoissonNoise>, masked);
}

BOOST_AUTO_TEST_CASE(draws_have_the_probabilities) {
  for (double N : {1.0, 5.0, 30.0})
    for (double m : {0.02, 0.7, 4.0, 29.0, 33.0, 1e4}) {
      double below = 0;
      for (double k = 0; k <= N; ++k) below += std::exp(k * std::log(m) - N * std::log(m) - std::lgamma(k + 1));
      requireDraws(TruncatedPoissonDensity({0}, N), m, [&](double k) {
        return k > N ? 0 : std::exp(k * std::log(m) - N * std::log(m) - std::lgamma(k + 1)) / below;
      });
      double left = 1;
      for (double k = 0; k < N; ++k) left -= poisson(k, m);
      requireDraws(CensoredPoissonDensity({0}, N), m, [&](double k) {
        return k < N ? poisson(k, m) : k == N ? left : 0.0;
      });
    }
  requireSampleKeyed(made<TruncatedPoissonNoise>, masked, mean);
  requireSampleKeyed(made<CensoredPoissonNoise>, masked, mean);
}

BOOST_AUTO_TEST_CASE(bad_input_is_told) {
  requireCountsChecked([](const Space& s, Vec y, Vec mask) { TruncatedPoissonNoise(s, y, 5, mask); }, true);
  requireCountsChecked([](const Space& s, Vec y, Vec mask) { CensoredPoissonNoise(s, y, 5, mask); }, true);
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  VecHandle y = s.vec();
  fillNatural(s, y, [](std::int64_t i) { return i > 26 ? 6.0 : 5.0; });
  expectError(ExitCode::BadData, {"above the ceiling", "natural index 27 ", "(2 in all)"},
              [&] { TruncatedPoissonNoise(s, y, 5); });
  CensoredPoissonNoise(s, y, 5);
  for (double bad : {0.0, 2.5, inf, notANumber}) {
    expectError(ExitCode::BadConfig, {"the ceiling"}, [&] { TruncatedPoissonNoise(s, y, bad); });
    expectError(ExitCode::BadConfig, {"the ceiling"}, [&] { CensoredPoissonNoise(s, y, bad); });
  }
}

BOOST_AUTO_TEST_CASE(their_likelihoods_have_these_derivatives) {
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  VecHandle x = s.vec();
  fillNatural(s, x, [](std::int64_t i) { return 2 + mean(i); });
  const Likelihood t(identity(s), std::make_shared<TruncatedPoissonNoise>(made<TruncatedPoissonNoise>(s))),
      c(identity(s), std::make_shared<CensoredPoissonNoise>(made<CensoredPoissonNoise>(s)));
  requireTaylor(t, x);
  requireTaylor(c, x);
  requireFactor(t, x);
  requireFactor(c, x);
}
