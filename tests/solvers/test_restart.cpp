/// Solvers that are stopped at some iteration and called again: bit by bit where they are ours, to rtol where they are
/// PETSc's.
#include <cmath>

#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "interrupted.hpp"
#include "model/affine.hpp"
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "operators/algebra.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/richardson_lucy.hpp"
#include "solvers/wiener.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

VecHandle filled(const Space& s, const std::function<double(std::int64_t)>& f) {
  VecHandle v = s.vec();
  fillNatural(s, v, f);
  return v;
}

bool sameBits(const Space& space, Vec a, Vec b) { return inNaturalOrder(space, a) == inNaturalOrder(space, b); }

/// Counts behind a dense blur.
struct Photons {
  Space x = Space::line(PETSC_COMM_WORLD, 24), y = Space::line(PETSC_COMM_WORLD, 30);
  std::shared_ptr<const DenseOperator> H;
  VecHandle counts, background;
  std::shared_ptr<const Term> energy;
  Photons() {
    H = std::make_shared<DenseOperator>(
        x, y, denseOf(30, 24, [](int i, int j) { return std::exp(-0.3 * std::pow(0.8 * i - j, 2)); }));
    counts = filled(y, [](std::int64_t i) { return std::floor(30 * Rng(4).uniformPair(i).first); });
    background = filled(y, [](std::int64_t) { return 0.3; });
    const VecHandle variance = filled(x, [](std::int64_t) { return 400.0; }), none = x.vec();
    energy = std::make_shared<SumOfTerms>(std::vector<TermPointer>{
        std::make_shared<Likelihood>(std::make_shared<Affine>(H, filled(y, [](std::int64_t) { return 0.3; })),
                                     std::make_shared<PoissonNoise>(y, counts)),
        std::make_shared<Likelihood>(identity(x), std::make_shared<GaussianNoise>(x, none, variance))});
  }
  VecHandle start() const {
    return filled(x, [](std::int64_t) { return 5.0; });
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(richardson_lucy_goes_on_bit_by_bit) {
  const Photons p;
  const RichardsonLucy method(p.H, p.counts, nullptr, p.background);
  for (const bool accelerate : {false, true}) {
    const RichardsonLucyOptions how{.iterations = 30, .accelerate = accelerate};
    Interrupter none;
    const VecHandle wanted = p.start();
    const double energy = method.solve(wanted, how, &none).energy;
    for (const int at : {1, 2, 7, 29}) {
      Interrupter stop;
      VecHandle x = p.start();
      RichardsonLucyResult r;
      BOOST_TEST(interruptAndResume(stop, at, [&](Observer& o) {
        x = p.start();  // the state comes from what was kept
        r = method.solve(x, how, &o);
      }));
      BOOST_TEST(sameBits(p.x, x, wanted), accelerate << " at " << at);
      BOOST_TEST(r.energy == energy);
      BOOST_REQUIRE(stop.lines().size() == none.lines().size());
      for (std::size_t i = 0; i < none.lines().size(); ++i) {
        BOOST_TEST(stop.lines()[i].iteration == none.lines()[i].iteration);
        BOOST_TEST(stop.lines()[i].energy == none.lines()[i].energy);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(newton_goes_on_bit_by_bit) {
  const Photons p;
  for (const Curvature curvature : {Curvature::Hessian, Curvature::Fisher}) {
    MapOptions how{.method = "newton", .curvature = curvature, .rtol = 1e-12, .prefix = {}};
    how.lower = 0;
    Interrupter none;
    const VecHandle wanted = p.start();
    const MapResult reference = solveMap(*p.energy, how, wanted, &none);
    BOOST_TEST(reference.converged);
    BOOST_REQUIRE(none.calls() > 20);
    for (int at = 1; at < none.calls(); ++at) {
      Interrupter stop;
      VecHandle x = p.start();
      MapResult r;
      BOOST_TEST(interruptAndResume(stop, at, [&](Observer& o) {
        x = p.start();
        r = solveMap(*p.energy, how, x, &o);
      }));
      BOOST_TEST(sameBits(p.x, x, wanted), "at " << at);
      BOOST_TEST(r.iterations == reference.iterations);
      BOOST_TEST(r.products == reference.products, "at " << at);
      BOOST_TEST(r.startEnergy == reference.startEnergy);
      BOOST_TEST(r.energy == reference.energy);
    }
  }
}

BOOST_AUTO_TEST_CASE(tao_reaches_the_same_minimum) {
  const Photons p;
  for (const std::string method : {"bqnls", "blmvm"}) {
    MapOptions how{.method = method, .rtol = 1e-12, .iterations = 2000, .prefix = {}};
    how.lower = 0;
    Interrupter none;
    const VecHandle wanted = p.start();
    const MapResult reference = solveMap(*p.energy, how, wanted, &none);
    BOOST_TEST(reference.converged, reference.reason);
    for (const int at : {2, 6, none.calls() / 2}) {
      Interrupter stop;
      const VecHandle x = p.start();
      MapResult r;
      BOOST_TEST(interruptAndResume(stop, at, [&](Observer& o) { r = solveMap(*p.energy, how, x, &o); }));
      BOOST_TEST(r.converged, r.reason);
      BOOST_TEST(r.startEnergy == reference.startEnergy);
      BOOST_TEST(std::abs(r.energy - reference.energy) <= 1e-12 * (r.startEnergy - r.energy));
      BOOST_TEST(distance(x, wanted) < 1e-4);
      BOOST_TEST(r.iterations >= at - 2);  // those of the earlier run count
    }
  }
}

BOOST_AUTO_TEST_CASE(conjugate_gradients_keep_their_rtol) {
  const Space x = Space::line(PETSC_COMM_WORLD, 40), y = Space::line(PETSC_COMM_WORLD, 60);
  const auto A = std::make_shared<DenseOperator>(
      x, y,
      denseOf(60, 40, [](int i, int j) { return std::cos(1.3 * i * (j + 1)) / (1 + 0.2 * j) + (i == j ? 1 : 0); }));
  const VecHandle d = filled(y, [](std::int64_t i) { return std::sin(0.3 * static_cast<double>(i)); }),
                  variance = filled(y, [](std::int64_t i) { return 0.01 + 0.01 * static_cast<double>(i % 3); });
  const auto likelihood = std::make_shared<Likelihood>(A, std::make_shared<GaussianNoise>(y, d, variance));
  for (const double rtol : {1e-3, 1e-8}) {
    const WienerFilter filter(likelihood, true, nullptr, {.rtol = rtol, .iterations = 500, .prefix = {}});
    Interrupter none;
    const VecHandle wanted = x.vec();
    const WienerResult reference = filter.solve(wanted, &none);
    BOOST_REQUIRE(reference.iterations > 6);
    for (const int at : {1, 2, reference.iterations / 2, reference.iterations + 1}) {
      Interrupter stop;
      const VecHandle xi = x.vec();
      WienerResult r;
      BOOST_TEST(interruptAndResume(stop, at, [&](Observer& o) {
        check(VecSet(xi, 3));
        r = filter.solve(xi, &o);
      }));
      BOOST_TEST(r.converged, r.reason);
      BOOST_TEST(filter.solver().trueResidual(filter.rightHandSide(), xi) <= rtol * (1 + 1e-6));
      BOOST_TEST(std::abs(r.energy - reference.energy) <= 10 * rtol * std::abs(reference.energy));
      BOOST_TEST(std::abs(r.energy - (likelihood->at(xi)->value() + 0.5 * dot(xi, xi))) <= 1e-9 * std::abs(r.energy));
      BOOST_TEST(r.iterations >= at - 1);
      int last = -1;
      for (const Progress& line : stop.lines()) {  // one line an iteration
        BOOST_TEST(line.iteration == last + 1);
        last = line.iteration;
      }
      // The solver is as it was for the next right-hand side.
      const VecHandle again = x.vec();
      BOOST_TEST(filter.solver().solve(filter.rightHandSide(), again).iterations == reference.iterations);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_limit_of_iterations_counts_both_runs) {
  const Space x = Space::line(PETSC_COMM_WORLD, 40);
  const auto likelihood = std::make_shared<Likelihood>(
      identity(x), std::make_shared<GaussianNoise>(
                       x, filled(x, [](std::int64_t i) { return static_cast<double>(i); }),
                       filled(x, [](std::int64_t i) { return std::exp(-0.2 * static_cast<double>(i)); })));
  const WienerFilter filter(likelihood, true, nullptr, {.rtol = 1e-14, .iterations = 8, .prefix = {}});
  Interrupter stop;
  const VecHandle xi = x.vec();
  WienerResult r;
  BOOST_TEST(interruptAndResume(stop, 6, [&](Observer& o) { r = filter.solve(xi, &o); }));
  BOOST_TEST((r.limited && r.iterations == 8), r.reason << " after " << r.iterations);
}
