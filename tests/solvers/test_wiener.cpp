/// The Wiener filter against dense algebra, and the MAP solver against the Wiener filter.
#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "model/gaussian_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "priors/white_prior.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/wiener.hpp"

using namespace lacuna;

namespace {

constexpr int unknowns = 14, data = 17;
double entry(int i, int j) { return std::exp(-0.3 * (i - j) * (i - j)) + 0.1 * std::sin(3.0 * i + j); }
bool masked(std::int64_t i) { return i % 5 == 4; }

struct Setup {
  Space x = Space::line(PETSC_COMM_WORLD, unknowns), y = Space::line(PETSC_COMM_WORLD, data);
  DenseMatrix A = denseOf(data, unknowns, entry);
  std::vector<double> d, w;
  std::shared_ptr<const Likelihood> likelihood;
  Setup() {
    VecHandle datum = y.vec(), variance = y.vec();
    for (int i = 0; i < data; ++i) {
      d.push_back(masked(i) ? 0 : 2 * std::cos(1.7 * i));
      w.push_back(masked(i) ? 0 : 1 / (0.1 + 0.05 * (i % 4)));
    }
    fillNatural(y, datum, [&](std::int64_t i) { return masked(i) ? std::nan("") : d[static_cast<std::size_t>(i)]; });
    fillNatural(y, variance, [&](std::int64_t i) { return masked(i) ? INFINITY : 1 / w[static_cast<std::size_t>(i)]; });
    likelihood = std::make_shared<Likelihood>(std::make_shared<DenseOperator>(x, y, A),
                                              std::make_shared<GaussianNoise>(y, datum, variance));
  }
  DenseMatrix precision(bool prior) const {
    return denseOf(unknowns, unknowns, [&](int a, int b) {
      double sum = prior && a == b ? 1 : 0;
      for (int i = 0; i < data; ++i) sum += w[static_cast<std::size_t>(i)] * entry(i, a) * entry(i, b);
      return sum;
    });
  }
  std::vector<double> mean(bool prior) const {
    std::vector<double> wd;
    for (std::size_t i = 0; i < d.size(); ++i) wd.push_back(w[i] * d[i]);
    return times(inverse(precision(prior)), times(transposed(A), wd));
  }
  double dataEnergy(const std::vector<double>& xi) const {
    const std::vector<double> mu = times(A, xi);
    double sum = 0;
    for (std::size_t i = 0; i < mu.size(); ++i) sum += 0.5 * w[i] * (mu[i] - d[i]) * (mu[i] - d[i]);
    return sum;
  }
};
struct Last final : Observer {
  std::vector<Progress> seen;
  void iteration(const Progress& p) override { seen.push_back(p); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(mean_and_energies_equal_dense_algebra_watched_or_not) {
  const Setup s;
  const std::vector<double> expected = s.mean(true);
  double xx = 0;
  for (double v : expected) xx += 0.5 * v * v;
  const WienerFilter filter(s.likelihood, true, nullptr, {.rtol = 1e-13, .iterations = 200, .prefix = {}});
  VecHandle xi = s.x.vec();
  Last watch;
  for (Observer* observer : {static_cast<Observer*>(nullptr), static_cast<Observer*>(&watch)}) {
    const WienerResult r = filter.solve(xi, observer);
    BOOST_TEST(r.converged);
    BOOST_TEST(worstDifference(inNaturalOrder(s.x, xi), expected) < 1e-11);
    BOOST_TEST(r.dataEnergy == s.dataEnergy(expected), boost::test_tools::tolerance(1e-10));
    BOOST_TEST(r.priorEnergy == xx, boost::test_tools::tolerance(1e-10));
    BOOST_TEST(r.energy == r.dataEnergy + r.priorEnergy, boost::test_tools::tolerance(1e-14));
  }
  BOOST_TEST(watch.seen.front().energy == s.dataEnergy(std::vector<double>(unknowns, 0.0)),
             boost::test_tools::tolerance(1e-13));
  BOOST_TEST(watch.seen.back().chi2PerDatum == 2 * s.dataEnergy(expected) / 14,
             boost::test_tools::tolerance(1e-9));  // 3 of 17 are masked
  for (std::size_t i = 1; i < watch.seen.size(); ++i)
    BOOST_TEST(watch.seen[i].energy <= watch.seen[i - 1].energy + 1e-9);
}

BOOST_AUTO_TEST_CASE(without_a_prior_it_is_the_least_squares_fit) {
  const Setup s;
  const WienerFilter filter(s.likelihood, false, nullptr, {.rtol = 1e-13, .iterations = 500, .prefix = {}});
  VecHandle xi = s.x.vec(), fit = s.y.vec();
  const WienerResult r = filter.solve(xi);
  BOOST_TEST(r.converged);
  BOOST_TEST(r.priorEnergy == 0);
  // 14 data that count, 14 unknowns: the fit is perfect where the matrix is well enough conditioned.
  BOOST_TEST(r.dataEnergy < 1e-6 * s.dataEnergy(std::vector<double>(unknowns, 0.0)));
}

BOOST_AUTO_TEST_CASE(the_map_of_a_linear_gaussian_problem_is_the_wiener_filter) {
  const Setup s;
  const std::vector<double> expected = s.mean(true);
  double best = s.dataEnergy(expected);
  for (double v : expected) best += 0.5 * v * v;
  const SumOfTerms E({s.likelihood, std::make_shared<WhitePrior>(s.x)});
  for (const char* method : {"nls", "ntr", "lmvm"})
    for (Curvature kind : {Curvature::Hessian, Curvature::Fisher}) {
      VecHandle x = s.x.vec();
      const MapResult r =
          solveMap(E, {.method = method, .curvature = kind, .rtol = 1e-12, .iterations = 500, .prefix = {}}, x);
      BOOST_TEST(r.converged, method << ": " << r.reason);
      BOOST_TEST(worstDifference(inNaturalOrder(s.x, x), expected) < 1e-5, method);
      BOOST_TEST(r.energy - best <= 1e-12 * (r.startEnergy - best) + 1e-13 * best, method);
      BOOST_TEST(r.startEnergy == s.dataEnergy(std::vector<double>(unknowns, 0.0)),
                 boost::test_tools::tolerance(1e-13));
    }
}

BOOST_AUTO_TEST_CASE(the_mean_weight_preconditioner_is_its_formula) {
  const Space s = Space::line(PETSC_COMM_WORLD, 9);
  VecHandle g = s.vec(), x = s.vec(), y = s.vec();
  fillNatural(s, g, [](std::int64_t i) { return 2.0 * static_cast<double>(i); });
  check(VecSet(x, 3));
  meanWeightPreconditioner(s, g, 0.25)->apply(x, y);
  const std::vector<double> v = inNaturalOrder(s, y);
  for (std::size_t i = 0; i < v.size(); ++i) BOOST_TEST(v[i] == 3 * (1 / (1 + 0.5 * static_cast<double>(i))));
}
