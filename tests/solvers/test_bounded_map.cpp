/// Minimisation under bounds: against exact solutions of small problems, and the conditions of Karush, Kuhn and Tucker.
#include <cmath>
#include <limits>

#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "model/affine.hpp"
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "operators/algebra.hpp"
#include "priors/white_prior.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;

namespace {

const char* const methods[] = {"newton", "lbfgs", "bqnls", "blmvm"};

double noise(std::int64_t i) { return Rng(77).normalPair(i).first; }
double unit(std::int64_t i) { return Rng(78).uniformPair(i).first; }

VecHandle filled(const Space& s, const std::function<double(std::int64_t)>& f) {
  VecHandle v = s.vec();
  fillNatural(s, v, f);
  return v;
}

/// Counts seen through a dense blur over a background, with many of the unknowns at 0 in the optimum.
struct Photons {
  Space x = Space::line(PETSC_COMM_WORLD, 24), y = Space::line(PETSC_COMM_WORLD, 30);
  std::shared_ptr<const Term> energy;
  explicit Photons(double background, double strength = 0) {
    const DenseMatrix H = denseOf(30, 24, [](int i, int j) { return std::exp(-0.3 * std::pow(0.8 * i - j, 2)); });
    std::vector<double> truth(24, 0);
    truth[3] = 40, truth[4] = 5, truth[11] = 200, truth[20] = 12;
    const std::vector<double> mean = times(H, truth);
    const VecHandle counts = filled(y, [&](std::int64_t i) {
      return std::max(0.0, std::round(mean[static_cast<std::size_t>(i)] + background + 2 * noise(i)));
    });
    const auto A = std::make_shared<DenseOperator>(x, y, H);
    const auto likelihood =
        std::make_shared<Likelihood>(std::make_shared<Affine>(A, filled(y, [&](std::int64_t) { return background; })),
                                     std::make_shared<PoissonNoise>(y, counts));
    energy = likelihood;
    if (strength > 0) {
      const VecHandle variance = filled(x, [&](std::int64_t) { return 1 / strength; }), none = x.vec();
      energy = std::make_shared<SumOfTerms>(std::vector<TermPointer>{
          likelihood, std::make_shared<Likelihood>(identity(x), std::make_shared<GaussianNoise>(x, none, variance))});
    }
  }
};

/// g >= 0 at the bound, g = 0 above it, to `tolerance`.
void requireKkt(const Term& E, Vec x, const std::vector<double>& lower, double tolerance, const std::string& what) {
  VecHandle g = like(x);
  E.at(x)->gradient(g);
  const std::vector<double> at = inNaturalOrder(E.space(), x), slope = inNaturalOrder(E.space(), g);
  for (std::size_t i = 0; i < at.size(); ++i) {
    BOOST_TEST(at[i] >= lower[i], what);
    if (at[i] == lower[i])
      BOOST_TEST(slope[i] >= -tolerance, what << ": slope " << slope[i] << " at the bound of " << i);
    else
      BOOST_TEST(std::abs(slope[i]) <= tolerance, what << ": slope " << slope[i] << " at " << i << ", x " << at[i]);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_circulant_example_is_recovered) {
  // H = circ(1, .5, 0, 0, .5), y = H x: the maximum of the likelihood is x.
  const Space s = Space::line(PETSC_COMM_WORLD, 5);
  const double truth[] = {0.1, 0.2, 0.3, 0.4, 0.5};
  const DenseMatrix H = denseOf(5, 5, [](int i, int j) {
    return i == j ? 1.0 : (i - j + 5) % 5 == 1 || (j - i + 5) % 5 == 1 ? 0.5 : 0.0;
  });
  const double data[] = {0.45, 0.4, 0.6, 0.8, 0.75};
  const auto A = std::make_shared<DenseOperator>(s, s, H);
  const Likelihood E(A, std::make_shared<PoissonNoise>(s, filled(s, [&](std::int64_t i) { return data[i]; })));
  for (const double lower : {0.0, -std::numeric_limits<double>::infinity()}) {
    VecHandle x = filled(s, [](std::int64_t) { return 1.0; });
    const MapResult r = solveMap(E, {.method = "newton", .rtol = 0, .lower = lower}, x);
    BOOST_TEST(r.converged, r.reason);
    const std::vector<double> found = inNaturalOrder(s, x);
    for (std::size_t i = 0; i < 5; ++i)
      BOOST_TEST(std::abs(found[i] - truth[i]) < 1e-8, "x - truth " << found[i] - truth[i]);
    BOOST_TEST(r.atBound == 0);
  }
}

BOOST_AUTO_TEST_CASE(bounded_least_squares_equals_the_best_of_all_active_sets) {
  const int n = 8;
  const Space s = Space::line(PETSC_COMM_WORLD, n), wide = Space::line(PETSC_COMM_WORLD, 11);
  const DenseMatrix A = denseOf(11, n, [](int i, int j) { return noise(100 + 17 * i + j); });
  const auto likelihood = [&] {
    return Likelihood(std::make_shared<DenseOperator>(s, wide, A),
                      std::make_shared<GaussianNoise>(wide, filled(wide, [](std::int64_t i) { return 3 * noise(i); }),
                                                      filled(wide, [](std::int64_t i) { return 0.5 + unit(i); })));
  }();
  std::vector<double> lower;
  for (int i = 0; i < n; ++i) lower.push_back(0.3 * noise(50 + i));
  // min 1/2 x.M x - b.x over x >= lower, for each choice of what is at its bound
  const DenseMatrix M = denseOf(n, n, [&](int i, int j) {
    double sum = 0;
    for (std::size_t k = 0; k < 11; ++k)
      sum += A[k][static_cast<std::size_t>(i)] * A[k][static_cast<std::size_t>(j)] /
             (0.5 + unit(static_cast<std::int64_t>(k)));
    return sum;
  });
  std::vector<double> b(static_cast<std::size_t>(n), 0), best;
  for (std::size_t i = 0; i < b.size(); ++i)
    for (std::size_t k = 0; k < 11; ++k)
      b[i] += A[k][i] * 3 * noise(static_cast<std::int64_t>(k)) / (0.5 + unit(static_cast<std::int64_t>(k)));
  double least = std::numeric_limits<double>::infinity();
  for (unsigned active = 0; active < (1U << n); ++active) {
    const auto held = [&](int i) { return (active >> i & 1U) != 0; };
    const DenseMatrix K = inverse(denseOf(n, n, [&](int i, int j) {
      return held(i) || held(j) ? (i == j ? 1.0 : 0.0) : M[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }));
    std::vector<double> right = b;
    for (int i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (held(i))
        right[at] = lower[at];
      else
        for (int j = 0; j < n; ++j)
          if (held(j)) right[at] -= M[at][static_cast<std::size_t>(j)] * lower[static_cast<std::size_t>(j)];
    }
    const std::vector<double> x = times(K, right), Mx = times(M, x);
    double energy = 0;
    bool inside = true;
    for (std::size_t i = 0; i < x.size(); ++i)
      energy += x[i] * (0.5 * Mx[i] - b[i]), inside = inside && x[i] >= lower[i] - 1e-12;
    if (inside && energy < least) least = energy, best = x;
  }
  const VecHandle bound = filled(s, [&](std::int64_t i) { return lower[static_cast<std::size_t>(i)]; });
  for (const char* method : methods) {
    VecHandle x = filled(s, [](std::int64_t i) { return 2 * noise(70 + i); });  // some are below their bound
    const MapResult r = solveMap(likelihood, {.method = method, .rtol = 1e-14, .lowerEach = bound}, x);
    BOOST_TEST(r.converged, method << ": " << r.reason);
    BOOST_TEST(worstDifference(inNaturalOrder(s, x), best) < 1e-6, method);
    std::int64_t held = 0;
    for (std::size_t i = 0; i < best.size(); ++i) held += best[i] <= lower[i] + 1e-12;
    BOOST_TEST(held > 0);
    BOOST_TEST(r.atBound == held, method);
    requireKkt(likelihood, x, lower, 1e-4, method);
  }
}

BOOST_AUTO_TEST_CASE(counts_under_positivity_fulfil_the_conditions_of_the_optimum) {
  for (double background : {0.0, 2.0})
    for (double strength : {0.0, 1e-3}) {
      const Photons c(background, strength);
      VecHandle x = c.x.vec();
      check(VecSet(x, 5));
      const MapResult sharp =
          solveMap(*c.energy, {.method = "newton", .rtol = 1e-15, .iterations = 500, .lower = 0}, x);
      const std::string what = "background " + std::to_string(background) + ", strength " + std::to_string(strength);
      BOOST_TEST(sharp.converged, what << ": " << sharp.reason);
      BOOST_TEST(sharp.atBound > 5, what);
      requireKkt(*c.energy, x, std::vector<double>(24, 0), 2e-4, what);
      for (const char* method : methods)
        for (double rtol : {1e-3, 1e-8}) {
          VecHandle z = c.x.vec();
          check(VecSet(z, 5));
          const MapResult r = solveMap(*c.energy, {.method = method, .rtol = rtol, .iterations = 3000, .lower = 0}, z);
          const double excess = r.energy - sharp.energy;
          BOOST_TEST(r.converged, method << ", " << what << ": " << r.reason);
          BOOST_TEST(excess <= 2 * rtol * (r.startEnergy - sharp.energy), method << ", " << what << ": " << excess);
          BOOST_TEST(r.energy == c.energy->at(z)->value(), boost::test_tools::tolerance(1e-13));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_point_near_the_optimum_is_polished_and_the_optimum_is_left_alone) {
  const Photons c(2.0, 1e-3);
  VecHandle x = c.x.vec(), best = c.x.vec();
  check(VecSet(best, 5));
  const MapResult sharp = solveMap(*c.energy, {.method = "newton", .rtol = 1e-15, .lower = 0}, best);
  check(VecCopy(best, x));
  const MapResult again = solveMap(*c.energy, {.method = "newton", .rtol = 1e-6, .lower = 0}, x);
  BOOST_TEST(again.converged, again.reason);
  BOOST_TEST(again.iterations <= 2);
  BOOST_TEST(std::abs(again.energy - sharp.energy) <= 1e-12 * std::abs(sharp.energy));
  {
    const WriteLocal v(x);
    for (PetscInt i = 0; i < v.size(); ++i) v[i] += 0.01 * static_cast<double>(i % 3);
  }
  const MapResult polished =
      solveMap(*c.energy, {.method = "newton", .rtol = 1e-9, .startEnergy = sharp.startEnergy, .lower = 0}, x);
  BOOST_TEST(polished.converged, polished.reason);
  BOOST_TEST(polished.startEnergy > sharp.energy);
  BOOST_TEST(polished.energy - sharp.energy <= 1e-9 * (sharp.startEnergy - sharp.energy));
  BOOST_TEST(polished.iterations < sharp.iterations);
}

BOOST_AUTO_TEST_CASE(a_preconditioner_of_the_point_saves_products_and_changes_nothing_else) {
  // Curvatures over eight decades, coupled a little.
  const Space s = Space::line(PETSC_COMM_WORLD, 26);
  const auto scale = [](std::int64_t i) { return std::pow(10.0, static_cast<double>(i % 9) - 4); };
  const DenseMatrix A = denseOf(26, 26, [&](int i, int j) { return (i == j ? 1.0 : 0.02) * std::sqrt(scale(j)); });
  const auto E = std::make_shared<Likelihood>(
      std::make_shared<DenseOperator>(s, s, A),
      std::make_shared<GaussianNoise>(s, filled(s, [&](std::int64_t i) { return noise(i); }),
                                      filled(s, [](std::int64_t) { return 1.0; })));
  int made = 0;
  const auto inverse = [&](const TermAt& at) {
    BOOST_TEST(std::isfinite(at.value()));
    ++made;
    return diagonal(s, filled(s, [&](std::int64_t i) { return 1 / scale(i); }));
  };
  for (double lower : {0.0, -std::numeric_limits<double>::infinity()}) {
    VecHandle x = s.vec(), z = s.vec();
    const MapResult plain = solveMap(*E, {.method = "newton", .rtol = 1e-14, .lower = lower}, x);
    const MapResult helped =
        solveMap(*E, {.method = "newton", .rtol = 1e-14, .lower = lower, .preconditioner = inverse}, z);
    BOOST_TEST(plain.converged, plain.reason);
    BOOST_TEST(helped.converged, helped.reason);
    BOOST_TEST(std::abs(plain.energy - helped.energy) <= 1e-12 * plain.startEnergy);
    BOOST_TEST(helped.products < plain.products / 2, helped.products << " of " << plain.products);
  }
  BOOST_TEST(made > 0);
}

BOOST_AUTO_TEST_CASE(bounds_that_make_no_sense_are_refused) {
  const Photons c(2.0);
  VecHandle x = c.x.vec(), bad = c.x.vec(), wrong = Space::line(PETSC_COMM_WORLD, 25).vec();
  check(VecSet(x, 5));
  for (double b : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    expectError(ExitCode::BadConfig, {"bound"}, [&] { solveMap(*c.energy, {.method = "newton", .lower = b}, x); });
    fillNatural(c.x, bad, [&](std::int64_t i) { return i == 20 ? b : 0; });
    expectError(ExitCode::BadConfig, {"bound"},
                [&] { solveMap(*c.energy, {.method = "newton", .lowerEach = bad}, x); });
  }
  BOOST_CHECK_THROW(solveMap(*c.energy, {.method = "newton", .lowerEach = wrong}, x), Error);
  for (const char* method : {"nls", "lmvm", "bntr"})
    expectError(ExitCode::BadConfig, {method, "cannot hold bounds"},
                [&] { solveMap(*c.energy, {.method = method, .lower = 0}, x); });
}
