/// Richardson-Lucy against its formula written out with a dense matrix, and against what it promises.
#include <numbers>

#include "dense_operator.hpp"
#include "expect_error.hpp"
#include "operators/convolution.hpp"
#include "solvers/poisson_ratio.hpp"
#include "solvers/richardson_lucy.hpp"

using namespace lacuna;

namespace {

Psf blur() { return {1, 3, 4, {0, 1, 1}, {0.02, 0.05, 0.1, 0.03, 0.1, 0.2, 0.2, 0.1, 0.05, 0.1, 0.04, 0.01}}; }

double hash(std::int64_t i, double phase) { return 0.5 + 0.5 * std::sin(12.9898 * static_cast<double>(i) + phase); }

struct Problem {
  Cube image = imageOf(9, 7);
  const Space& s = image.space();
  VecHandle y = s.vec(), e = s.vec(), b = s.vec(), mask = s.vec();
  Problem() {
    fillNatural(s, y, [](std::int64_t i) { return std::floor(20 * hash(i, 1)); });
    fillNatural(s, e, [](std::int64_t i) { return 0.5 + hash(i, 2); });
    fillNatural(s, b, [](std::int64_t i) { return 0.1 + hash(i, 3); });
    fillNatural(s, mask, [](std::int64_t i) { return i % 7 == 3 ? 0 : 1; });
    fillNatural(s, y, [](std::int64_t i) { return i % 7 == 3 ? std::nan("") : std::floor(20 * hash(i, 1)); });
  }
  std::shared_ptr<const Convolution> H(const std::string& engine) const {
    return Convolution::make(image, image, {blur()}, {Boundary::Reflect, Region::Same, engine, true});
  }
};

/// The matrix of H, column by column.
DenseMatrix matrixOf(const LinearOperator& H) {
  const auto n = static_cast<int>(H.domain().global());
  DenseMatrix columns;
  VecHandle x = H.domain().vec(), y = H.range().vec();
  for (int j = 0; j < n; ++j) {
    fillNatural(H.domain(), x, [&](std::int64_t i) { return i == j ? 1.0 : 0.0; });
    H.apply(x, y);
    columns.push_back(inNaturalOrder(H.range(), y));
  }
  return transposed(columns);
}

/// The textbook's loop.
std::vector<double> textbook(const DenseMatrix& H, const Problem& p, int iterations, double start, double* energy) {
  const auto y = inNaturalOrder(p.s, p.y), e0 = inNaturalOrder(p.s, p.e), b = inNaturalOrder(p.s, p.b),
             m = inNaturalOrder(p.s, p.mask);
  const DenseMatrix Ht = transposed(H);
  std::vector<double> e = e0, x(H[0].size(), start);
  for (std::size_t i = 0; i < e.size(); ++i) e[i] = m[i] != 0 ? e0[i] : 0;
  const auto sensitivity = times(Ht, e);
  for (int k = 0;; ++k) {
    auto r = times(H, x);
    *energy = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
      const double mu = e[i] * r[i] + b[i];
      if (m[i] != 0) *energy += mu - y[i] * std::log(mu);
      r[i] = m[i] != 0 ? e[i] * y[i] / mu : 0;
    }
    if (k == iterations) return x;
    const auto back = times(Ht, r);
    for (std::size_t j = 0; j < x.size(); ++j) x[j] *= back[j] / sensitivity[j];
  }
}

struct Recorder final : Observer {
  std::vector<double> energies;
  void iteration(const Progress& p) override {
    energies.push_back(p.energy);
    BOOST_TEST(static_cast<std::size_t>(p.iteration) == energies.size());
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_textbook_with_exposure_background_and_mask) {
  const Problem p;
  const DenseMatrix matrix = matrixOf(*p.H("dense"));
  double energy = 0;
  const auto expected = textbook(matrix, p, 12, 3.0, &energy);
  std::vector<OperatorPointer> operators = {std::make_shared<DenseOperator>(p.s, p.s, matrix)};
  for (const std::string& engine : convolutionEngines()) operators.push_back(p.H(engine));
  for (const OperatorPointer& H : operators) {
    const RichardsonLucy rl(H, p.y, p.e, p.b, p.mask);
    VecHandle x = p.s.vec();
    check(VecSet(x, 3));
    Recorder recorder;
    const auto result = rl.solve(x, {12, false}, &recorder);
    BOOST_TEST(worstDifference(inNaturalOrder(p.s, x), expected) < 1e-11);
    BOOST_TEST(std::abs(result.energy - energy) < 1e-11 * std::abs(energy));
    BOOST_TEST(recorder.energies.size() == 12u);
    BOOST_TEST(recorder.energies.back() == result.energy);
    for (std::size_t k = 1; k < recorder.energies.size(); ++k)
      BOOST_TEST(recorder.energies[k] <= recorder.energies[k - 1]);
    BOOST_TEST(static_cast<int>(result.exitCode()) == 0);

    // In two parts, and without an observer.
    check(VecSet(x, 3));
    rl.solve(x, {5, false});
    rl.solve(x, {7, false});
    BOOST_TEST(worstDifference(inNaturalOrder(p.s, x), expected) < 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(extrapolation_gets_to_the_same_likelihood_sooner) {
  const Problem p;
  const RichardsonLucy rl(p.H("separable"), p.y, p.e, p.b, p.mask);
  VecHandle plain = p.s.vec(), fast = p.s.vec(), more = p.s.vec();
  for (Vec x : {Vec(plain), Vec(fast), Vec(more)}) check(VecSet(x, 3));
  const double start = rl.solve(plain, {0, false}).energy, e100 = rl.solve(plain, {100, false}).energy,
               e400 = rl.solve(more, {400, false}).energy, f100 = rl.solve(fast, {100, true}).energy;
  BOOST_TEST(e100 < start);
  BOOST_TEST(f100 <= e400 + 1e-3 * (start - e400));
  PetscReal least = 0;
  check(VecMin(fast, nullptr, &least));
  BOOST_TEST(least >= 0);
}

BOOST_AUTO_TEST_CASE(extrapolation_leaves_a_mean_to_a_lone_count) {
  // A count that pixels without any other explain, beside a bright source, on no background.
  for (const int radius : {1, 2, 4})
    for (const double flux : {1e2, 1e4}) {
      const Cube image = imageOf(1, 60);
      const int width = 2 * radius + 1;
      const Psf box{1, 1, width, {0, 0, radius}, std::vector<double>(static_cast<std::size_t>(width), 1.0 / width)};
      const auto H = Convolution::make(image, image, {box}, {Boundary::Zero, Region::Same, "global", true});
      for (int lone = radius + 1; lone <= 2 * radius; ++lone) {
        VecHandle y = image.space().vec(), x = image.space().vec();
        fillNatural(image.space(), y, [&](std::int64_t i) {
          return std::abs(i - 20) <= radius ? std::floor(flux / width) : i == 20 + lone ? 1.0 : 0.0;
        });
        check(VecSet(x, 1));
        const auto r = RichardsonLucy(H, y).solve(x, {60, true});
        BOOST_TEST(std::isfinite(r.energy), "radius " << radius << ", flux " << flux << ", count at " << lone);
      }
    }
}

BOOST_AUTO_TEST_CASE(flux_is_kept_and_unseen_pixels_are_zero) {
  const Problem p;
  const auto H = Convolution::make(p.image, p.image, {blur()}, {Boundary::Zero, Region::Same, "global", true});
  VecHandle mask = p.s.vec(), counts = p.s.vec(), x = p.s.vec();
  fillNatural(p.s, mask, [](std::int64_t i) { return i < 35 ? 0 : 1; });  // five of nine rows
  fillNatural(p.s, counts, [](std::int64_t i) { return i % 3 == 0 ? 0 : std::floor(9 * hash(i, 4)); });
  const RichardsonLucy rl(H, counts, nullptr, nullptr, mask);
  check(VecSet(x, 1));
  rl.solve(x, {7, false});
  const VecHandle seen = p.s.vec();
  H->applyAdjoint(mask, seen);
  const auto image = inNaturalOrder(p.s, x), s = inNaturalOrder(p.s, seen), y = inNaturalOrder(p.s, counts);
  double flux = 0, total = 0;
  for (std::size_t i = 0; i < image.size(); ++i) {
    flux += s[i] * image[i];
    total += i < 35 ? 0 : y[i];
    if (i < 28) BOOST_TEST(image[i] == 0);  // no PSF reaches the data from there
    BOOST_TEST(std::isfinite(image[i]));
  }
  BOOST_TEST(std::abs(flux - total) < 1e-11 * total);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused) {
  const Problem p;
  const auto H = p.H("dense");
  VecHandle bad = p.s.vec(), zero = p.s.vec(), one = p.s.vec(), x = p.s.vec();
  fillNatural(p.s, bad, [](std::int64_t i) { return i == 11 ? -1.0 : 1.0; });
  check(VecSet(one, 1));
  check(VecSet(x, 1));
  expectError(ExitCode::BadData, {"negative count", "natural index 11"}, [&] { RichardsonLucy(H, bad); });
  expectError(ExitCode::BadData, {"exposure", "natural index 11"}, [&] { RichardsonLucy(H, x, bad); });
  expectError(ExitCode::BadData, {"background", "natural index 11"}, [&] { RichardsonLucy(H, x, nullptr, bad); });
  expectError(ExitCode::BadData, {"mean is zero"}, [&] { RichardsonLucy(H, one, zero).solve(x, {}); });
  expectError(ExitCode::BadData, {"start", "natural index 11"}, [&] { RichardsonLucy(H, x).solve(bad, {}); });
  check(VecSet(zero, 0));
  const auto dark = RichardsonLucy(H, zero).solve(x, {3, false});  // no counts at all: the image is dark
  PetscReal largest = 1;
  check(VecMax(x, nullptr, &largest));
  BOOST_TEST(largest == 0);
  BOOST_TEST(dark.energy == 0);
}

BOOST_AUTO_TEST_CASE(the_logarithm_of_a_line_is_that_of_the_library) {
  std::vector<double> y, mu;
  for (int i = -290; i <= 290; ++i)
    y.push_back(1 + i % 5), mu.push_back((1 + 0.37 * (i % 11 < 0 ? -i % 11 : i % 11)) * std::pow(10.0, i));
  y.push_back(3), mu.push_back(std::numbers::sqrt2 / 2);
  for (std::size_t i = 0; i < y.size(); ++i) {
    // Eight at a time: what is alone goes another way.
    std::vector<double> counts(8, 0), values(8, 1);
    counts[3] = std::abs(y[i]), values[3] = mu[i];
    const double expected = 7 + mu[i] - counts[3] * std::log(mu[i]);
    const double energy = poissonRatio(8, counts.data(), nullptr, nullptr, true, values.data());
    BOOST_TEST(std::abs(energy - expected) <= 1e-15 * (7 + mu[i] + std::abs(counts[3] * std::log(mu[i]))));
    BOOST_TEST(values[3] == counts[3] / mu[i]);
    BOOST_TEST(values[0] == 0);
  }
  double n = 2, value = 0;
  BOOST_TEST(std::isinf(poissonRatio(1, &n, nullptr, nullptr, true, &value)));
  std::vector<double> counts(8, 0), values(8, -1e-30);
  BOOST_TEST(poissonRatio(8, counts.data(), nullptr, nullptr, true, values.data()) == 0);
  counts[7] = 1;
  BOOST_TEST(std::isinf(poissonRatio(8, counts.data(), nullptr, nullptr, true, values.data())));
}
