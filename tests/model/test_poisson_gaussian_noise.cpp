/// The shifted-Poisson approximation: it is Poisson noise on shifted data, and its draws are those of the camera.
#include <cmath>

#include "derivatives.hpp"
#include "expect_error.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_gaussian_noise.hpp"
#include "model/poisson_noise.hpp"
#include "noise_checks.hpp"
#include "operators/algebra.hpp"
#include "taylor.hpp"

using namespace lacuna;
using boost::test_tools::tolerance;

namespace {

const double notANumber = std::nan(""), infinite = std::numeric_limits<double>::infinity();
double gain(std::int64_t i) { return 0.5 + static_cast<double>(i % 3); }
double offset(std::int64_t i) { return 100 + static_cast<double>(i % 5); }
double readNoise(std::int64_t i) { return 0.7 + 0.1 * static_cast<double>(i % 4); }
double reading(std::int64_t i) { return offset(i) + gain(i) * (static_cast<double>((7 * i) % 5) - 0.4); }
double mean(std::int64_t i) { return 0.3 + static_cast<double>((3 * i) % 7); }
bool masked(std::int64_t i) { return i % 6 == 3; }

PoissonGaussianNoise made(const Space& s) {
  VecHandle y = s.vec(), mask = s.vec(), g = s.vec(), o = s.vec(), r = s.vec();
  fillNatural(s, y, [](std::int64_t i) { return masked(i) ? notANumber : reading(i); });
  fillNatural(s, mask, [](std::int64_t i) { return masked(i) ? 0.0 : 1.0; });
  fillNatural(s, g, [](std::int64_t i) { return masked(i) ? 0.0 : gain(i); });
  fillNatural(s, o, offset);
  fillNatural(s, r, readNoise);
  return PoissonGaussianNoise(s, y, {.gain = {.each = g}, .offset = {.each = o}, .readNoise = {.each = r}}, mask);
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_poisson_noise_on_shifted_data) {
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  const PoissonGaussianNoise noise = made(s);
  VecHandle z = s.vec(), mask = s.vec(), mu = s.vec(), shifted = s.vec(), g = s.vec(), expected = s.vec();
  const auto shift = [](std::int64_t i) { return readNoise(i) * readNoise(i); };
  fillNatural(s, z, [&](std::int64_t i) { return std::max((reading(i) - offset(i)) / gain(i) + shift(i), 0.0); });
  fillNatural(s, mask, [](std::int64_t i) { return masked(i) ? 0.0 : 1.0; });
  fillNatural(s, mu, mean);
  fillNatural(s, shifted, [&](std::int64_t i) { return mean(i) + shift(i); });
  double constant = 0;
  for (PetscInt i = 0; i < s.global(); ++i) constant += masked(i) ? 0 : shift(i);
  const PoissonNoise poisson(s, z, mask);
  BOOST_TEST(noise.value(mu) + constant == poisson.value(shifted), tolerance(1e-12));
  BOOST_TEST(noise.valueAndGradient(mu, g) + constant == poisson.valueAndGradient(shifted, expected), tolerance(1e-12));
  BOOST_TEST(distance(g, expected) < 1e-14);
  BOOST_TEST(noise.deviance(mu) == poisson.deviance(shifted), tolerance(1e-12));
  BOOST_TEST(noise.dataCount() == poisson.dataCount());
  for (Curvature kind : {Curvature::Hessian, Curvature::Fisher}) {
    noise.weights(mu, kind, g);
    poisson.weights(shifted, kind, expected);
    BOOST_TEST(distance(g, expected) < 1e-14);
  }
  // Numbers stand for vectors.
  const PoissonGaussianNoise numbers(s, z, {.gain = {2}, .offset = {1}, .readNoise = {0.5}}, mask);
  VecHandle two = s.vec(), one = s.vec(), half = s.vec();
  check(VecSet(two, 2)), check(VecSet(one, 1)), check(VecSet(half, 0.5));
  const PoissonGaussianNoise vectors(
      s, z, {.gain = {.each = two}, .offset = {.each = one}, .readNoise = {.each = half}}, mask);
  BOOST_TEST(numbers.value(mu) == vectors.value(mu));
}

BOOST_AUTO_TEST_CASE(prox_is_the_minimum_over_means_that_are_not_negative) {
  for (double z : {0.0, 0.3, 4.0, 1e4})
    for (double shift : {0.0, 0.5, 3.0})
      for (double v : {-5.0, 0.0, 0.2, 30.0, 1e4})
        for (double weight : {1e-4, 0.1, 20.0}) requireProx(PoissonGaussianDensity({{z, shift, 1, 0}}), z, v, weight);
  requireProxOfParts(made, masked);
}

BOOST_AUTO_TEST_CASE(draws_are_readings) {
  requireSampleKeyed(made, masked, mean);
  const PoissonGaussianDensity d({{0, 1.44, 2.5, 100}});
  const int n = 40000;
  const double mu = 3;
  double sum = 0, squares = 0, cubes = 0;
  for (int i = 0; i < n; ++i) {
    const Rng rng(5);
    Uniforms u(rng, i);
    const double r = (d.draw(u, 0, mu) - 100) / 2.5 - mu;
    sum += r, squares += r * r, cubes += r * r * r;
  }
  const double variance = mu + 1.44;
  BOOST_TEST(std::abs(sum / n) < 5 * std::sqrt(variance / n));
  BOOST_TEST(std::abs(squares / n / variance - 1) < 5 * std::sqrt(2.5 / n));
  BOOST_TEST(std::abs(cubes / n - mu) < 5 * std::sqrt(20 * variance * variance * variance / n));  // of a Poisson number
}

BOOST_AUTO_TEST_CASE(bad_input_is_told) {
  requireCountsChecked([](const Space& s, Vec y, Vec mask) { PoissonGaussianNoise(s, y, {}, mask); }, false);
  const Space s = Space::line(PETSC_COMM_WORLD, 29), other = Space::line(PETSC_COMM_WORLD, 30);
  VecHandle y = s.vec(), bad = s.vec(), wrong = other.vec();
  const auto with = [&](double value, Vec& where, Camera& camera) {
    fillNatural(s, bad, [&](std::int64_t i) { return i == 7 ? value : 1.0; });
    where = bad;
    PoissonGaussianNoise(s, y, camera);
  };
  for (double value : {0.0, -1.0, notANumber, infinite}) {
    Camera c;
    expectError(ExitCode::BadData, {"gain", "natural index 7 ", "(1 in all)"}, [&] { with(value, c.gain.each, c); });
  }
  for (double value : {notANumber, infinite}) {
    Camera c;
    expectError(ExitCode::BadData, {"offset", "natural index 7 "}, [&] { with(value, c.offset.each, c); });
  }
  for (double value : {-1.0, notANumber, infinite}) {
    Camera c;
    expectError(ExitCode::BadData, {"read noise", "natural index 7 "}, [&] { with(value, c.readNoise.each, c); });
  }
  BOOST_CHECK_THROW(PoissonGaussianNoise(s, y, {.gain = {.each = wrong}}), Error);
}

BOOST_AUTO_TEST_CASE(its_likelihood_has_these_derivatives) {
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  VecHandle x = s.vec();
  fillNatural(s, x, [](std::int64_t i) { return 2 + mean(i); });
  const Likelihood E(identity(s), std::make_shared<PoissonGaussianNoise>(made(s)));
  requireTaylor(E, x);
  requireFactor(E, x);
}
