/// Priors in space: smoothness, total variation (in space and time), starlet l1, entropy.
#include "expect_error.hpp"
#include "priors/entropy.hpp"
#include "priors/smoothness.hpp"
#include "priors/sparsity.hpp"
#include "term_checks.hpp"

using namespace lacuna;

namespace {

const std::vector<Shape> shapes = {{1, 1, 1, 1, 11}, {1, 1, 1, 9, 1}, {1, 1, 1, 7, 5},
                                   {1, 1, 5, 4, 3},  {3, 1, 1, 6, 5}, {5, 1, 1, 1, 7}};
const Spacing spacing{2, 0.5, 1.25};

/// Forward differences over spacing at a pixel, along z, y, x; 0 where there is no neighbour.
std::array<double, 3> differences(const Field& f, PetscInt t, PetscInt z, PetscInt y, PetscInt x) {
  const double v = f(t, z, y, x);
  return {z + 1 < f.s.nz ? (f(t, z + 1, y, x) - v) / spacing[0] : 0,
          y + 1 < f.s.ny ? (f(t, z, y + 1, x) - v) / spacing[1] : 0,
          x + 1 < f.s.nx ? (f(t, z, y, x + 1) - v) / spacing[2] : 0};
}
double smoothed(double u2, double epsilon) { return std::sqrt(u2 + epsilon * epsilon) - epsilon; }
double totalVariationOf(const Shape& s, const Numbers& v, double strength, double epsilon) {
  const Field f{s, v};
  double sum = 0;
  eachPixel(s, [&](auto... p) {
    const auto d = differences(f, p...);
    sum += smoothed(d[0] * d[0] + d[1] * d[1] + d[2] * d[2], epsilon);
  });
  return strength * sum;
}
double temporalVariationOf(const Shape& s, const Numbers& v, double strength, double epsilon) {
  const Field f{s, v};
  double sum = 0;
  eachPixel(s, [&](PetscInt t, PetscInt z, PetscInt y, PetscInt x) {
    const double d = t > 0 ? f(t, z, y, x) - f(t - 1, z, y, x) : 0;
    sum += smoothed(d * d, epsilon);
  });
  return strength * sum;
}

/// gradient = F x, F the lagged curvature at x; and the parabola with F lies above the term.
void requireMajorised(const Term& E, const Cube& cube) {
  VecHandle x = cube.space().vec(), d = cube.space().vec(), g = cube.space().vec(), Fx = cube.space().vec();
  fillNatural(cube.space(), x, normalAt);
  const auto here = E.at(x);
  const auto F = here->curvature(Curvature::Fisher);
  here->gradient(g);
  F->apply(x, Fx);
  BOOST_TEST(distance(g, Fx) < 1e-12);
  for (int k = 0; k < 4; ++k) {
    Rng(8, static_cast<std::uint32_t>(k)).normal(cube.space(), d);
    check(VecScale(d, std::pow(4.0, k - 2)));
    VecHandle there = cube.space().vec(), Fd = cube.space().vec(), Hd = cube.space().vec();
    check(VecWAXPY(there, 1, d, x));
    F->apply(d, Fd);
    here->curvature(Curvature::Hessian)->apply(d, Hd);
    BOOST_TEST(E.at(there)->value() <= (here->value() + dot(g, d) + 0.5 * dot(d, Fd)) * (1 + 1e-13));
    BOOST_TEST(dot(d, Hd) > 0);
    BOOST_TEST(dot(d, Hd) < dot(d, Fd));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(smoothness_of_both_orders) {
  for (const Shape& s : shapes)
    for (int order : {1, 2}) {
      const auto make = [order](const Cube& c) { return std::make_shared<Smoothness>(c, 0.7, order, spacing); };
      requirePrior(s, make, [&](const Numbers& v) {
        const Field f{s, v};
        Numbers laplacian(v.size(), 0.0);
        double first = 0, second = 0;
        std::size_t i = 0;
        const std::size_t step[3] = {static_cast<std::size_t>(s.ny * s.nx), static_cast<std::size_t>(s.nx), 1};
        eachPixel(s, [&](auto... p) {
          const auto d = differences(f, p...);
          for (std::size_t a = 0; a < 3; ++a) {
            first += d[a] * d[a];
            if (d[a] == 0) continue;
            laplacian[i] += d[a] / spacing[a];
            laplacian[i + step[a]] -= d[a] / spacing[a];
          }
          ++i;
        });
        for (double l : laplacian) second += l * l;
        return 0.35 * (order == 1 ? first : second);
      });
      const Cube cube = cubeOf(s);
      VecHandle x = cube.space().vec();
      fillNatural(cube.space(), x, normalAt);
      requireFactor(*make(cube), x);
    }
  for (const auto& [strength, order] : {std::pair(-1.0, 1), std::pair(std::nan(""), 1), std::pair(1.0, 3)})
    expectError(ExitCode::BadConfig, {"smoothness"}, [&] { Smoothness(cubeOf({1, 1, 1, 3, 4}), strength, order); });
}

BOOST_AUTO_TEST_CASE(total_variation_in_space_and_time) {
  for (const Shape& s : shapes) {
    const auto make = [](const Cube& c) { return totalVariation(c, 0.7, 0.3, spacing); };
    requirePrior(s, make, [&](const Numbers& v) { return totalVariationOf(s, v, 0.7, 0.3); });
    requireMajorised(*make(cubeOf(s)), cubeOf(s));
  }
  for (const Shape& s : {Shape{5, 1, 1, 1, 7}, {3, 1, 1, 4, 5}, {4, 1, 2, 3, 2}})
    for (int timeRanks : {0, 1}) {
      const auto make = [](const Cube& c) { return temporalVariation(c, 0.7, 0.3); };
      requirePrior(
          s, make, [&](const Numbers& v) { return temporalVariationOf(s, v, 0.7, 0.3); }, normalAt, timeRanks);
      requireMajorised(*make(cubeOf(s, timeRanks)), cubeOf(s, timeRanks));
    }
}

BOOST_AUTO_TEST_CASE(starlet_l1) {
  for (const Shape& s : shapes) {
    const Cube cube = cubeOf(s);
    const auto make = [](const Cube& c) { return starletSparsity(c, 3, 0.7, 1); };
    const auto E = make(cube);
    const OperatorPointer W = E->features();  // tested by itself
    const auto energy = [&](const Numbers& v) {
      VecHandle x = cube.space().vec(), u = W->range().vec();
      fillNatural(cube.space(), x, [&](std::int64_t i) { return v[static_cast<std::size_t>(i)]; });
      W->apply(x, u);
      const Numbers w = inNaturalOrder(W->range(), u);
      double sum = 0;
      for (std::size_t i = 0; i < w.size(); ++i)
        if (i / static_cast<std::size_t>(s.pixels()) % 4 < 3) sum += smoothed(w[i] * w[i], 1);
      return 0.7 * sum;
    };
    requirePrior(s, make, energy);
    VecHandle x = cube.space().vec();
    check(VecSet(x, 3));  // a constant costs nothing
    BOOST_TEST(E->exactValue(x) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(exact_values_are_the_limit_of_smoothing) {
  for (const Shape& s : {Shape{3, 1, 1, 6, 5}, Shape{2, 1, 4, 3, 5}, Shape{2, 1, 1, 1, 7}}) {
    const Cube cube = cubeOf(s);
    VecHandle x = cube.space().vec();
    fillNatural(cube.space(), x, normalAt);
    const Numbers v = inNaturalOrder(cube.space(), x);
    BOOST_TEST(totalVariation(cube, 0.7, 0.3, spacing)->exactValue(x) == totalVariationOf(s, v, 0.7, 0),
               boost::test_tools::tolerance(1e-12));
    BOOST_TEST(temporalVariation(cube, 0.7, 0.3)->exactValue(x) == temporalVariationOf(s, v, 0.7, 0),
               boost::test_tools::tolerance(1e-12));
    for (double epsilon : {1e-3, 1e-6, 1e-9, 1e-200}) {
      for (const auto& E : {totalVariation(cube, 0.7, epsilon), temporalVariation(cube, 0.7, epsilon),
                            starletSparsity(cube, 2, 0.7, epsilon)}) {
        const double below = E->exactValue(x) - E->at(x)->value();
        BOOST_TEST(below > -1e-12);
        BOOST_TEST(below < 0.7 * epsilon * double(3 * s.size()) + 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(shrinking_is_the_proximal_map_of_the_exact_norm) {
  const Cube cube = cubeOf({2, 1, 1, 4, 5});
  const double step = 1.3, strength = 0.7, t = step * strength;
  for (const auto& E : {totalVariation(cube, strength, 1), starletSparsity(cube, 2, strength, 1)}) {
    const Space& space = E->features()->range();
    const std::size_t pixels = 20, channels = static_cast<std::size_t>(space.global()) / 40;
    const bool joint = channels == 2;
    VecHandle u = space.vec();
    fillNatural(space, u, [](std::int64_t i) { return i == 0 || i == 20 ? 0 : normalAt(i); });
    const Numbers before = inNaturalOrder(space, u);
    E->shrink(step, u);
    const Numbers after = inNaturalOrder(space, u);
    int zeros = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      const std::size_t c = i / pixels % channels;
      const double v = before[i], other = before[c == 0 ? i + pixels : i - pixels];
      const double norm = joint ? std::hypot(v, other) : std::abs(v);
      const double expected = !joint && c == 2 ? v : norm > t ? v - t * v / norm : 0;  // c_J is free
      BOOST_TEST(std::abs(after[i] - expected) < 1e-14);
      zeros += after[i] == 0;
    }
    BOOST_TEST(zeros > 5);
    BOOST_TEST(zeros < 70);
  }
}

BOOST_AUTO_TEST_CASE(entropy_of_positive_images) {
  for (const Shape& s : shapes)
    requirePrior(
        s, [](const Cube& c) { return std::make_shared<Entropy>(c.space(), 0.7, 1.4); },
        [](const Numbers& v) {
          double sum = 0;
          for (double x : v) sum += x * std::log(x / 1.4) - x + 1.4;
          return 0.7 * sum;
        },
        positiveAt);
  const Cube cube = cubeOf({1, 1, 1, 4, 5});
  const Entropy E(cube.space(), 0.7, 1.4);
  VecHandle x = cube.space().vec();
  check(VecSet(x, 1.4));
  BOOST_TEST(E.at(x)->value() == 0);
  check(VecSet(x, 1.4 * (1 + 1e-9)));  // strength m d^2 / 2 a pixel, without cancellation
  BOOST_TEST(E.at(x)->value() == 20 * 0.7 * 1.4 * 0.5e-18, boost::test_tools::tolerance(1e-6));
  for (double bad : {0.0, -1e-300, -1.0}) {
    fillNatural(cube.space(), x, [&](std::int64_t i) { return i == 13 ? bad : 1; });
    BOOST_TEST(std::isinf(E.at(x)->value()));
  }
  for (const auto& [strength, level] : {std::pair(-1.0, 1.0), std::pair(1.0, 0.0), std::pair(1.0, std::nan(""))})
    expectError(ExitCode::BadConfig, {"entropy"}, [&] { Entropy(cube.space(), strength, level); });
}
