/// Gaussian noise against its formula, entry by entry.
#include <cmath>
#include <limits>

#include "derivatives.hpp"
#include "expect_error.hpp"
#include "model/gaussian_noise.hpp"
#include "natural.hpp"

using namespace lacuna;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double notANumber = std::nan("");

// Functions of the natural index; every fifth datum is masked, and holds NaN.
double datum(std::int64_t i) { return i % 5 == 2 ? notANumber : 3 * std::sin(1.0 + static_cast<double>(i)); }
double variance(std::int64_t i) { return i % 5 == 2 ? inf : 0.25 + static_cast<double>(i % 4); }
double mean(std::int64_t i) { return std::cos(2.0 * static_cast<double>(i)); }

struct Made {
  Space space;
  VecHandle y, v, mu;
  explicit Made(const Space& s) : space(s), y(s.vec()), v(s.vec()), mu(s.vec()) {
    fillNatural(s, y, datum);
    fillNatural(s, v, variance);
    fillNatural(s, mu, mean);
  }
};
std::vector<Space> spaces() {
  return {Space::line(PETSC_COMM_WORLD, 23), Space::line(PETSC_COMM_WORLD, 2), cubeOf({1, 2, 1, 7, 5}, 1).space(),
          cubeOf({3, 1, 1, 4, 6}).space()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(value_gradient_and_weights_are_the_formula) {
  for (const Space& s : spaces()) {
    Made m(s);
    const GaussianNoise noise(s, m.y, m.v);
    VecHandle g = s.vec(), w = s.vec();
    double expected = 0;
    std::vector<double> gradient, weight;
    std::int64_t used = 0;
    for (PetscInt i = 0; i < s.global(); ++i) {
      const bool masked = i % 5 == 2;
      used += !masked;
      expected += masked ? 0 : 0.5 * std::pow(datum(i) - mean(i), 2) / variance(i);
      gradient.push_back(masked ? 0 : (mean(i) - datum(i)) / variance(i));
      weight.push_back(masked ? 0 : 1 / variance(i));
    }
    BOOST_TEST(noise.value(m.mu) == expected, boost::test_tools::tolerance(1e-13));
    BOOST_TEST(noise.valueAndGradient(m.mu, g) == expected, boost::test_tools::tolerance(1e-13));
    BOOST_TEST(worstDifference(inNaturalOrder(s, g), gradient) < 1e-15);
    for (Curvature kind : {Curvature::Hessian, Curvature::Fisher}) {
      noise.weights(m.mu, kind, w);
      BOOST_TEST((inNaturalOrder(s, w) == weight));
    }
    BOOST_TEST((inNaturalOrder(s, noise.inverseVariance()) == weight));
    BOOST_TEST(noise.dataCount() == used);
    // It has copied what it needs.
    check(VecSet(m.y, notANumber));
    check(VecSet(m.v, notANumber));
    BOOST_TEST(noise.value(m.mu) == expected, boost::test_tools::tolerance(1e-13));
  }
}

BOOST_AUTO_TEST_CASE(what_is_masked_has_no_effect_whatever_is_there) {
  for (const Space& s : spaces()) {
    Made m(s);
    const GaussianNoise noise(s, m.y, m.v);
    const double expected = noise.value(m.mu);
    VecHandle g = s.vec();
    for (double odd : {notANumber, inf, 1e300}) {
      fillNatural(s, m.mu, [&](std::int64_t i) { return i % 5 == 2 ? odd : mean(i); });
      BOOST_TEST(noise.value(m.mu) == expected);
      BOOST_TEST(noise.valueAndGradient(m.mu, g) == expected);
      const std::vector<double> gradient = inNaturalOrder(s, g);
      for (std::size_t i = 2; i < gradient.size(); i += 5) BOOST_TEST(gradient[i] == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(bad_variances_and_data_are_told_with_index_and_count) {
  for (const Space& s : spaces()) {
    const PetscInt n = s.global(), at = n > 10 ? n - 7 : 0;  // often not on rank 0, and not masked
    if (at % 5 == 2) continue;
    const std::string index = "natural index " + std::to_string(at) + " ",
                      two = n > at + 5 ? "(2 in all)" : "(1 in all)";
    auto spoil = [&](Vec x, double value) {
      fillNatural(s, x, [&, old = inNaturalOrder(s, x)](std::int64_t i) {
        return i == at || i == at + 5 ? value : old[static_cast<std::size_t>(i)];
      });
    };
    for (double bad : {0.0, -1.0, -inf, notANumber, 1e-310}) {
      Made m(s);
      spoil(m.v, bad);
      expectError(ExitCode::BadData, {"variance", index, two}, [&] { GaussianNoise(s, m.y, m.v); });
    }
    for (double bad : {notANumber, inf, -inf}) {
      Made m(s);
      spoil(m.y, bad);
      expectError(ExitCode::BadData, {"datum that is not finite", index, two}, [&] { GaussianNoise(s, m.y, m.v); });
    }
  }
}

BOOST_AUTO_TEST_CASE(wrong_spaces_are_refused) {
  const Space s = Space::line(PETSC_COMM_WORLD, 23), other = Space::line(PETSC_COMM_WORLD, 24);
  Made m(s);
  VecHandle wrong = other.vec(), g = s.vec();
  check(VecSet(wrong, 1));
  BOOST_CHECK_THROW(GaussianNoise(s, wrong, m.v), Error);
  BOOST_CHECK_THROW(GaussianNoise(s, m.y, wrong), Error);
  const GaussianNoise noise(s, m.y, m.v);
  Rng rng(1);
  BOOST_CHECK_THROW(noise.value(wrong), Error);
  BOOST_CHECK_THROW(noise.valueAndGradient(m.mu, wrong), Error);
  BOOST_CHECK_THROW(noise.weights(wrong, Curvature::Fisher, g), Error);
  BOOST_CHECK_THROW(noise.sample(rng, m.mu, wrong), Error);
  BOOST_CHECK_THROW(noise.sample(rng, m.mu, m.mu), Error);
}

BOOST_AUTO_TEST_CASE(simulated_data_have_this_mean_and_variance) {
  const Space s = Space::line(PETSC_COMM_WORLD, 40);
  Made m(s);
  const GaussianNoise noise(s, m.y, m.v);
  const int draws = 4000;
  std::vector<double> sum(40, 0), squares(40, 0);
  Rng rng(3);
  VecHandle y = s.vec();
  for (int k = 0; k < draws; ++k) {
    noise.sample(rng, m.mu, y);
    const std::vector<double> v = inNaturalOrder(s, y);
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double r = v[i] - mean(static_cast<std::int64_t>(i));
      sum[i] += r, squares[i] += r * r;
      if (i % 5 == 2) BOOST_TEST(v[i] == 0);
    }
  }
  BOOST_TEST(rng.draw() == static_cast<std::uint32_t>(draws));
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (i % 5 == 2) continue;
    const double v = variance(static_cast<std::int64_t>(i));
    BOOST_TEST(std::abs(sum[i] / draws) < 4.5 * std::sqrt(v / draws));
    BOOST_TEST(std::abs(squares[i] / draws - v) < 4.5 * v * std::sqrt(2.0 / draws));
  }
}

BOOST_AUTO_TEST_CASE(all_masked_is_legal_and_counts_nothing) {
  const Space s = Space::line(PETSC_COMM_WORLD, 6);
  VecHandle y = s.vec(), v = s.vec();
  check(VecSet(y, notANumber));
  check(VecSet(v, inf));
  const GaussianNoise noise(s, y, v);
  BOOST_TEST(noise.dataCount() == 0);
  VecHandle mu = s.vec();
  BOOST_TEST(noise.value(mu) == 0);
}
