/// Fields whose modes do not all vary: what a SpectralRange leaves, by plain sums, the same on any number of ranks.
#include <complex>
#include <numbers>

#include "derivatives.hpp"
#include "natural.hpp"
#include "priors/spectral_prior.hpp"
#include "priors/spectral_range.hpp"
#include "taylor.hpp"

using namespace lacuna;

namespace {

const std::vector<Shape> shapes = {{1, 1, 1, 1, 16}, {1, 1, 1, 9, 7}, {3, 1, 1, 6, 8}, {2, 1, 4, 5, 6}};

double normalAt(std::int64_t i) {
  return 3 * std::sin(12.9898 * static_cast<double>(i + 1) * static_cast<double>(i % 11));
}
std::shared_ptr<const Fft> transform(const Cube& cube) { return std::make_shared<Fft>(cube, Planning::Estimate); }

/// None at k = 0 and in short waves.
double power(const Mode& k) {
  const double f = std::hypot(k.fx, k.fy, k.fz);
  return f == 0 || f > 0.35 ? 0 : 1 / (0.1 + f);
}

/// sum_x (v_x - mean) cos, sin (2 pi f x) of a frame.
std::complex<double> coefficient(const std::vector<double>& v, const Shape& s, PetscInt frame, double mean,
                                 const Mode& k) {
  std::complex<double> sum = 0;
  auto i = static_cast<std::size_t>(frame * s.pixels());
  for (PetscInt z = 0; z < s.nz; ++z)
    for (PetscInt y = 0; y < s.ny; ++y)
      for (PetscInt x = 0; x < s.nx; ++x)
        sum += (v[i++] - mean) *
               std::polar(1.0, -2 * std::numbers::pi * (k.fz * double(z) + k.fy * double(y) + k.fx * double(x)));
  return sum;
}

template <class F>
void forEveryMode(const Shape& s, F&& f) {
  const auto frequency = [](PetscInt i, PetscInt n) { return double(2 * i <= n ? i : i - n) / double(n); };
  for (PetscInt z = 0; z < s.nz; ++z)
    for (PetscInt y = 0; y < s.ny; ++y)
      for (PetscInt x = 0; x < s.nx; ++x) {
        Mode k;
        k.fz = frequency(z, s.nz), k.fy = frequency(y, s.ny), k.fx = frequency(x, s.nx);
        f(k);
      }
}

}  // namespace

BOOST_AUTO_TEST_CASE(modes_without_power_are_those_of_the_mean_and_the_others_stay) {
  const double mean = 1.5;
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const SpectralRange range(transform(cube), power, mean);
    const VecHandle x = cube.space().vec(), y = cube.space().vec();
    fillNatural(cube.space(), x, normalAt);
    range.apply(x, y);
    const std::vector<double> before = inNaturalOrder(cube.space(), x), after = inNaturalOrder(cube.space(), y);
    for (PetscInt t = 0; t < s.frames; ++t)
      forEveryMode(s, [&](const Mode& k) {
        const auto wanted = power(k) > 0 ? coefficient(before, s, t, mean, k) : 0;
        BOOST_TEST(std::abs(coefficient(after, s, t, mean, k) - wanted) < 1e-11);
      });
    requireAdjoint(*range.projection());
    range.projection()->apply(x, y);
    BOOST_TEST(std::abs(dot(y, y) - dot(x, y)) < 1e-12 * dot(x, x));  // orthogonal
    BOOST_TEST(hasStillModes(cube, power));
    BOOST_TEST(!hasStillModes(cube, [](const Mode&) { return 1e-300; }));
  }
}

BOOST_AUTO_TEST_CASE(above_zero_and_still_in_range) {
  for (const double mean : {0.4, 50.0})
    for (const Shape& s : shapes) {
      const Cube cube = cubeOf(s);
      const SpectralRange range(transform(cube), power, mean);
      const VecHandle x = cube.space().vec(), y = cube.space().vec(), inside = cube.space().vec();
      fillNatural(cube.space(), x, normalAt);
      range.apply(x, inside);
      range.restrictAboveZero(x);
      PetscReal least = 0;
      check(VecMin(x, nullptr, &least));
      BOOST_TEST((mean == 50 ? least > 0 : least >= 0 && least < 1e-12));
      range.apply(x, y);
      BOOST_TEST(distance(x, y) < 1e-13 * norm(x));
      if (mean == 50) BOOST_TEST(distance(x, inside) == 0);
      const std::vector<double> v = inNaturalOrder(cube.space(), x), w = inNaturalOrder(cube.space(), inside);
      const auto n = static_cast<std::size_t>(s.pixels());
      for (std::size_t i = 0; i < v.size(); ++i) {  // one factor a frame
        const std::size_t first = i / n * n;
        BOOST_TEST(std::abs((v[i] - mean) * (w[first] - mean) - (v[first] - mean) * (w[i] - mean)) < 1e-11);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_prior_counts_what_varies_alone) {
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const double mean = -0.7;
    const SpectralPrior prior(transform(cube), power, mean);
    const VecHandle x = cube.space().vec();
    fillNatural(cube.space(), x, normalAt);
    const std::vector<double> v = inNaturalOrder(cube.space(), x);
    double sum = 0;
    for (PetscInt t = 0; t < s.frames; ++t)
      forEveryMode(s, [&](const Mode& k) {
        if (power(k) > 0) sum += 0.5 * std::norm(coefficient(v, s, t, mean, k)) / power(k) / double(s.pixels());
      });
    BOOST_TEST(std::abs(prior.at(x)->value() - sum) < 1e-11 * sum);
    requireTaylor(prior, x);
    Rng rng(3);
    prior.sample(rng, x);
    const std::vector<double> drawn = inNaturalOrder(cube.space(), x);
    forEveryMode(s, [&](const Mode& k) {
      if (power(k) == 0) BOOST_TEST(std::abs(coefficient(drawn, s, 0, mean, k)) < 1e-11);
    });
  }
}
