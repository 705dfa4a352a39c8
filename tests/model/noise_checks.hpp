#pragma once
/// What every noise made of the density of one datum must do.
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "expect_error.hpp"
#include "model/pointwise_noise.hpp"
#include "natural.hpp"

namespace lacuna {

/// Entry 0 of `density`: the prox is not beaten by any point of a fine logarithmic grid, nor by its neighbours; `top`
/// is a mean beyond which nothing is sought.
template <PointDensity D>
void requireProx(const D& density, double top, double v, double weight) {
  double m = -1;
  density.prox(0, 1, &v, &weight, &m);
  const auto energy = [&](double t) { return density.value(0, t) + 0.5 * weight * (t - v) * (t - v); };
  const std::string what = "v " + std::to_string(v) + ", weight " + std::to_string(weight) + ", m " + std::to_string(m);
  BOOST_TEST(m >= 0, what);
  const double here = energy(m),
               rounding = 1e-13 * (std::abs(here) + weight * v * v + std::abs(density.value(0, std::max(m, 1e-300))));
  BOOST_TEST(std::isfinite(here), what);
  const double end = 10 * (std::max(v, 0.0) + top + 1);
  for (double t = 1e-12 * end; t < end; t *= 1.02) BOOST_TEST(here <= energy(t) + rounding, what << " against " << t);
  BOOST_TEST(here <= energy(0) + rounding, what);
  if (m > 0) {  // the slope vanishes, to the rounding of its parts
    const double slope = density.valueAndSlope(0, m).slope, pull = weight * (m - v);
    const double curvature = std::abs(density.hessian(0, m)) + weight;
    BOOST_TEST(std::abs(slope + pull) <=
                   1e-9 * (std::abs(slope) + std::abs(pull)) + 1e-12 * (1 + curvature * m + weight * std::abs(v)),
               what);
  }
}

/// A noise on several layouts: the prox of a part is that part of the prox, works in place and copies masked entries.
template <class Made, class Masked>
void requireProxOfParts(Made&& made, Masked&& masked) {
  for (const Space& s : {Space::line(PETSC_COMM_WORLD, 29), Space::line(PETSC_COMM_WORLD, 2)}) {
    const auto noise = made(s);
    const auto n = static_cast<std::size_t>(s.local());
    std::vector<double> v(n), w(n, 0.5), all(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = 3.1 - static_cast<double>(i % 4) * 2, w[i] += static_cast<double>(i % 3);
    noise.prox(0, s.local(), v.data(), w.data(), all.data());
    for (const NaturalRun& run : s.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) {
        const auto i = static_cast<std::size_t>(run.local + k);
        BOOST_TEST((all[i] == v[i]) == masked(run.natural + k));
      }
    for (std::size_t first = 0; first < n; first += 3) {
      const std::size_t count = std::min<std::size_t>(5, n - first);
      std::vector<double> part(v.begin() + static_cast<std::ptrdiff_t>(first),
                               v.begin() + static_cast<std::ptrdiff_t>(first + count));
      noise.prox(static_cast<PetscInt>(first), static_cast<PetscInt>(count), part.data(), w.data() + first,
                 part.data());
      for (std::size_t i = 0; i < count; ++i) BOOST_TEST(part[i] == all[first + i]);
    }
    double one = 0;
    BOOST_CHECK_THROW(noise.prox(s.local(), 1, &one, &one, &one), Error);
    BOOST_CHECK_THROW(noise.prox(-1, 1, &one, &one, &one), Error);
  }
}

/// Bad data and masks: exit 65 with the first natural index and the number of cases.
template <class Make>
void requireCountsChecked(Make&& make, bool negativeIsBad) {
  const Space s = Space::line(PETSC_COMM_WORLD, 29);
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  VecHandle y = s.vec(), mask = s.vec();
  const auto with = [&](double datum, double use) {
    fillNatural(s, y, [&](std::int64_t i) { return i == 20 || i == 26 ? datum : 2; });
    fillNatural(s, mask, [&](std::int64_t i) { return i == 20 || i == 26 ? use : 1; });
    make(s, y, mask);
  };
  for (double bad : {nan, inf, -inf}) {
    expectError(ExitCode::BadData, {"not finite", "natural index 20 ", "(2 in all)"}, [&] { with(bad, 1); });
    with(bad, 0);
  }
  if (negativeIsBad) {
    expectError(ExitCode::BadData, {"negative count", "natural index 20 ", "(2 in all)"}, [&] { with(-1, 1); });
    with(-1, 0);
  }
  expectError(ExitCode::BadData, {"NaN in the mask", "natural index 20 ", "(2 in all)"}, [&] { with(1, nan); });
  check(VecSet(mask, 0));
  expectError(ExitCode::BadData, {"all data are masked"}, [&] { make(s, y, mask); });
  const VecHandle wrong = Space::line(PETSC_COMM_WORLD, 30).vec();
  BOOST_CHECK_THROW(make(s, wrong, nullptr), Error);
  BOOST_CHECK_THROW(make(s, y, wrong), Error);
}

/// chi2 of 20000 draws of entry 0 at `mean` against the probabilities, in cells of at least 20 expected.
template <PointDensity D>
void requireDraws(const D& density, double mean, const std::function<double(double)>& probability) {
  const int n = 20000;
  std::vector<double> seen;
  for (int i = 0; i < n; ++i) {
    const Rng rng(11, 5);
    Uniforms uniforms(rng, i);
    const auto k = static_cast<std::size_t>(density.draw(uniforms, 0, mean));
    if (seen.size() <= k) seen.resize(k + 1, 0);
    ++seen[k];
  }
  double chi2 = 0, expected = 0, found = 0, left = n;
  int cells = 0;
  std::vector<double> cellExpected, cellFound;
  for (std::size_t k = 0; left > 20 && k < 100000; ++k) {
    expected += n * probability(static_cast<double>(k));
    found += k < seen.size() ? seen[k] : 0;
    if (expected < 20) continue;
    left -= expected;
    cellExpected.push_back(expected), cellFound.push_back(found);
    expected = found = 0;
  }
  BOOST_REQUIRE(!cellExpected.empty());
  double rest = n, restSeen = n;
  for (std::size_t c = 0; c < cellExpected.size(); ++c) rest -= cellExpected[c], restSeen -= cellFound[c];
  cellExpected.back() += rest, cellFound.back() += restSeen;
  for (std::size_t c = 0; c < cellExpected.size(); ++c, ++cells)
    chi2 += std::pow(cellFound[c] - cellExpected[c], 2) / cellExpected[c];
  BOOST_TEST(chi2 < cells - 1 + 4.5 * std::sqrt(2.0 * cells) + 1e-6,
             "mean " << mean << ": chi2 " << chi2 << " of " << cells);
}

/// The same numbers on any layout, another set at the next draw, 0 where masked.
template <class Made, class Masked, class Mean>
void requireSampleKeyed(Made&& made, Masked&& masked, Mean&& mean) {
  const Space s = cubeOf({3, 1, 1, 4, 6}).space(), alone = Space::line(PETSC_COMM_SELF, s.global());
  std::vector<double> first[2];
  for (const Space& layout : {s, alone}) {
    const auto noise = made(layout);
    VecHandle mu = layout.vec(), y = layout.vec();
    fillNatural(layout, mu, mean);
    Rng rng(3, 4);
    std::vector<double> draws[2];
    for (auto& draw : draws) {
      noise.sample(rng, mu, y);
      draw = inNaturalOrder(layout, y);
    }
    BOOST_TEST(rng.draw() == 2U);
    BOOST_TEST((draws[0] != draws[1]));
    for (PetscInt i = 0; i < s.global(); ++i)
      if (masked(i)) BOOST_TEST(draws[0][static_cast<std::size_t>(i)] == 0);
    first[layout == alone] = draws[0];
  }
  BOOST_TEST((first[0] == first[1]));
}

}  // namespace lacuna
