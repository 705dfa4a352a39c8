/// What newtonStep says of the gain that it has come to.
#include <cmath>

#include "derivatives.hpp"
#include "natural.hpp"
#include "operators/algebra.hpp"
#include "solvers/newton_step.hpp"

using namespace lacuna;

namespace {

constexpr int n = 40;

/// Diagonal, over six decades; every direction gains 1/2 nat.
struct Quadratic {
  Cube cube = cubeOf({1, 1, 1, 1, n});
  VecHandle g = cube.space().vec(), d = cube.space().vec();
  OperatorPointer H;
  Quadratic() {
    VecHandle curvature = cube.space().vec();
    const auto value = [](std::int64_t i) { return std::pow(10, -6.0 * static_cast<double>(i) / (n - 1)); };
    fillNatural(cube.space(), curvature, value);
    fillNatural(cube.space(), g, [&](std::int64_t i) { return std::sqrt(value(i)); });
    H = diagonal(cube.space(), std::move(curvature));
  }
  NewtonStep step(double known, int iterations) {
    return newtonStep(*H, nullptr, g, nullptr, {.known = known, .iterations = iterations}, d);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_gain_that_still_grows_is_not_known) {
  Quadratic q;
  for (const int limit : {3, 10, 30}) {
    const NewtonStep s = q.step(std::numeric_limits<double>::infinity(), limit);
    BOOST_TEST(s.iterations == limit);
    BOOST_TEST(s.gain < 0.8 * n / 2);
    BOOST_TEST(!s.known);
  }
}

BOOST_AUTO_TEST_CASE(a_gain_that_is_nothing_beside_what_counts_is_known_well_enough) {
  Quadratic q;
  BOOST_TEST(q.step(1e6, 3).known);
  BOOST_TEST(!q.step(100, 3).known);
}

BOOST_AUTO_TEST_CASE(with_time_the_gain_is_found) {
  Quadratic q;
  const NewtonStep s = q.step(std::numeric_limits<double>::infinity(), 5000);
  BOOST_TEST(s.known);
  BOOST_TEST(std::abs(s.gain - n / 2.0) < 0.1 * n / 2);
}
