/// Draws of a Gaussian random field: their power, their variance, the same on any number of ranks.
#include <complex>
#include <numbers>

#include "derivatives.hpp"
#include "expect_error.hpp"
#include "natural.hpp"
#include "operators/lensing.hpp"
#include "priors/gaussian_field.hpp"

using namespace lacuna;

namespace {

constexpr double pixel = 2e-3;  // rad
/// Pixel power P(f), f in cycles per pixel; none beyond f = 0.6, nor at 0 if `sheet` is false.
double power(double f, bool sheet) { return f > 0.6 || (f == 0 && !sheet) ? 0 : 1 / (0.03 + f * f); }
Spectrum spectrum(bool sheet) {
  return [sheet](double ell) { return pixel * pixel * power(ell * pixel / (2 * std::numbers::pi), sheet); };
}
double frequency(PetscInt i, PetscInt n) {
  return static_cast<double>(2 * i <= n ? i : i - n) / static_cast<double>(n);
}

/// |sum_x f_x e^(-2 pi i k x)|^2 / N of every mode of the full spectrum, by plain sums along the axes.
std::vector<double> periodogram(const std::vector<double>& f, const Shape& s) {
  using Complex = std::complex<double>;
  std::vector<Complex> v(f.begin(), f.end());
  const std::size_t n[3] = {static_cast<std::size_t>(s.nz), static_cast<std::size_t>(s.ny),
                            static_cast<std::size_t>(s.nx)};
  const std::size_t stride[3] = {n[1] * n[2], n[2], 1};
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<Complex> out(v.size()), turn(n[axis]);
    for (std::size_t j = 0; j < n[axis]; ++j)
      turn[j] = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(j) / static_cast<double>(n[axis]));
    for (std::size_t i = 0; i < v.size(); ++i) {
      const std::size_t k = i / stride[axis] % n[axis], base = i - k * stride[axis];
      for (std::size_t j = 0; j < n[axis]; ++j) out[i] += v[base + j * stride[axis]] * turn[j * k % n[axis]];
    }
    v.swap(out);
  }
  std::vector<double> power;
  for (const Complex& c : v) power.push_back(std::norm(c) / static_cast<double>(f.size()));
  return power;
}

const std::vector<Shape> shapes = {{1, 1, 1, 10, 8}, {1, 1, 1, 9, 7},  {1, 1, 1, 1, 16},
                                   {1, 1, 1, 12, 1}, {1, 1, 1, 3, 20}, {1, 1, 4, 5, 6}};

}  // namespace

BOOST_AUTO_TEST_CASE(measured_power_and_variance_are_those_of_the_spectrum) {
  const int draws = sizeOf(PETSC_COMM_WORLD) > 3 ? 100 : 600;
  for (const Shape& s : shapes)
    for (bool sheet : {true, false}) {
      const auto fft = std::make_shared<Fft>(cubeOf(s), Planning::Estimate);
      const GaussianField prior(fft, spectrum(sheet), pixel);
      const Space& space = prior.synthesis()->range();
      const auto n = static_cast<std::size_t>(s.pixels());
      VecHandle x = space.vec();
      Rng rng(17);
      std::vector<double> measured(n, 0.0);
      double square = 0, squareOfPixel = 0;
      for (int d = 0; d < draws; ++d) {
        prior.sample(rng, x);
        const std::vector<double> field = inNaturalOrder(space, x), P = periodogram(field, s);
        for (std::size_t k = 0; k < n; ++k) measured[k] += P[k] / draws;
        for (double v : field) square += v * v / (draws * static_cast<double>(n));
        squareOfPixel += field[n / 2] * field[n / 2] / draws;
      }
      double variance = 0, varianceOfSquare = 0;
      for (std::size_t k = 0; k < n; ++k) {
        const auto i = static_cast<PetscInt>(k);
        const PetscInt kx = i % s.nx, ky = i / s.nx % s.ny, kz = i / (s.nx * s.ny);
        const double expected = power(std::hypot(frequency(kx, s.nx), frequency(ky, s.ny), frequency(kz, s.nz)), sheet);
        variance += expected / static_cast<double>(n);
        varianceOfSquare += 2 * expected * expected / static_cast<double>(n * n) / draws;
        if (expected == 0) {
          BOOST_TEST(measured[k] < 1e-28, s.text()
                                              << " mode " << k);  // exactly zero but for the rounding of the sums here
          continue;
        }
        const bool real = (2 * kx == s.nx || kx == 0) && (2 * ky == s.ny || ky == 0) && (2 * kz == s.nz || kz == 0);
        BOOST_TEST(std::abs(measured[k] / expected - 1) < 5 * std::sqrt((real ? 2.0 : 1.0) / draws),
                   s.text() << " mode " << k);
      }
      BOOST_TEST(std::abs(square - variance) < 4 * std::sqrt(varianceOfSquare), s.text());
      BOOST_TEST(std::abs(squareOfPixel / variance - 1) < 4 * std::sqrt(2.0 / draws), s.text());
    }
}

BOOST_AUTO_TEST_CASE(a_draw_is_the_same_on_any_number_of_ranks) {
  for (const Shape& s : {Shape{1, 1, 1, 12, 10},
                         {1, 1, 1, 11, 13},
                         {1, 1, 1, 1, 17},
                         {1, 1, 1, 2, 9},
                         {3, 1, 1, 6, 5},
                         {2, 1, 4, 5, 6}}) {
    const Cube alone(std::make_shared<ProcessGrid>(PETSC_COMM_SELF, s.frames), s);
    const GaussianField here(std::make_shared<Fft>(cubeOf(s), Planning::Estimate), spectrum(true), pixel);
    const GaussianField there(std::make_shared<Fft>(alone, Planning::Estimate), spectrum(true), pixel);
    VecHandle x = here.synthesis()->range().vec(), y = there.synthesis()->range().vec();
    Rng a(5, 2), b(5, 2);
    for (int draw = 0; draw < 3; ++draw) {
      here.sample(a, x);
      there.sample(b, y);
      const auto ours = inNaturalOrder(here.synthesis()->range(), x), theirs = inNaturalOrder(alone.space(), y);
      BOOST_TEST(worstDifference(ours, theirs) < 1e-12, s.text());
    }
    BOOST_TEST(a.draw() == 3u);
  }
}

BOOST_AUTO_TEST_CASE(a_model_through_the_field_is_the_model_after_it) {
  const Shape s{1, 1, 1, 10, 8};
  const auto fft = std::make_shared<Fft>(cubeOf(s), Planning::Estimate);
  const GaussianField prior(fft, spectrum(true), pixel);
  const auto fused = prior.through({lensingD1, lensingD2});
  const auto L = lensing(fft);
  VecHandle xi = fused->domain().vec(), kappa = L->domain().vec(), a = fused->range().vec(), b = like(a);
  Rng(3).normal(fused->domain(), xi);
  prior.synthesis()->apply(xi, kappa);
  L->apply(kappa, b);
  fused->apply(xi, a);
  BOOST_TEST(distance(a, b) < 1e-13);
  requireAdjoint(*fused);
}

BOOST_AUTO_TEST_CASE(a_spectrum_that_is_negative_or_not_finite_is_bad_data_on_all_ranks) {
  const auto fft = std::make_shared<Fft>(cubeOf({1, 1, 1, 10, 8}), Planning::Estimate);
  for (double bad : {-1e-9, std::nan(""), static_cast<double>(INFINITY)})
    expectError(ExitCode::BadData, {"spectrum", "ell"}, [&] {
      GaussianField(
          fft, [bad](double ell) { return ell > 1e3 ? bad : 1.0; }, pixel);
    });
}
