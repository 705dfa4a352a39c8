/// Sources on a dark field through a wide PSF, where no penalty of ADMM fits all pixels: solveConvex changes its way.
#include "base/rng.hpp"
#include "interrupted.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "priors/sparsity.hpp"
#include "solvers/convex.hpp"
#include "solvers/richardson_lucy.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

/// Two sources of 1e5 and 6e4 counts on zeros; a PSF as large as the field, with a weak core on a broad halo.
struct Field {
  Cube cube = cubeOf({1, 1, 1, 36, 30}, 1);
  VecHandle y = cube.space().vec(), truth = like(y);
  std::shared_ptr<const Convolution> blur;
  std::shared_ptr<const PoissonNoise> noise;
  std::shared_ptr<const Likelihood> likelihood;
  ConvexProblem problem;

  Field() {
    Psf h{1, 31, 25, {0, 15, 12}, {}};
    double sum = 0;
    for (int i = -15; i <= 15; ++i)
      for (int j = -12; j <= 12; ++j) {
        const double r = std::hypot(i, 1.2 * j);
        h.values.push_back(std::exp(-0.5 * std::pow(r / 2.5, 2)) + 0.5 * std::exp(-r / 8));
        sum += h.values.back();
      }
    for (double& v : h.values) v /= sum;
    blur = Convolution::make(cube, cube, {h}, {.deterministic = true});
    fillNatural(cube.space(), truth, [](std::int64_t i) {
      const std::int64_t row = i / 30, column = i % 30;
      if (row >= 9 && row < 11 && column >= 8 && column < 10) return 1e5;
      return row == 24 && column == 19 ? 6e4 : 0.0;
    });
    blur->apply(truth, y);
    Rng rng(3);
    {
      const WriteLocal v(y);
      for (const NaturalRun& run : cube.space().naturalRuns())
        for (PetscInt k = 0; k < run.count; ++k) {
          double& mean = v[run.local + k];
          mean = std::max(0.0, std::round(mean + std::sqrt(mean) * rng.normalPair(run.natural + k * run.stride).first));
        }
    }
    noise = std::make_shared<PoissonNoise>(cube.space(), y);
    likelihood = std::make_shared<Likelihood>(blur, noise);
    problem = ConvexProblem(*blur);
    problem.noise = noise;
  }
  ConvexOptions options() const {
    ConvexOptions o;
    o.proximal.rtol = 1e-8;
    o.richardsonLucy = [this](int iterations, Vec x, Observer* observer) {
      RichardsonLucy(blur, y).solve(x, {.iterations = iterations, .accelerate = true}, observer);
    };
    return o;
  }
  VecHandle start() const {
    VecHandle x = like(y);
    check(VecSet(x, 500));
    return x;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_likeliest_image_is_found_within_a_bound) {
  const Field f;
  ConvexEnergy energy{[&](Vec x) { return f.likelihood->at(x)->value(); }};
  energy.term = [&](double) { return f.likelihood; };
  const VecHandle x = f.start(), g = like(x);
  ConvexOptions options = f.options();
  options.proximal.rtol = 1e-13;  // the bound below is far above the gap
  const ConvexResult r = solveConvex(f.problem, energy, options, x);
  BOOST_TEST(r.converged, r.reason);
  BOOST_TEST(r.richardsonLucyIterations > 0);
  BOOST_TEST(r.energy == energy.value(x), boost::test_tools::tolerance(1e-13));
  // E is convex: E(x) - E* <= g.x - g.x* <= g.x + max(-g) sum x*, and the counts bound sum x*.
  f.likelihood->at(x)->gradient(g);
  PetscScalar gx = 0;
  PetscReal least = 0, flux = 0, counts = 0;
  check(VecDot(g, x, &gx));
  check(VecMin(g, nullptr, &least));
  check(VecNorm(x, NORM_1, &flux));
  check(VecNorm(f.y, NORM_1, &counts));
  const double bound = gx + 3 * std::max(0.0, -least) * counts;  // every pixel is seen with a third of its light
  BOOST_TEST(flux < 3 * counts);
  BOOST_TEST(bound < 1, bound << " nats above the minimum at most, of " << r.startEnergy - r.energy);
  BOOST_TEST(r.gap < 0.05);
}

BOOST_AUTO_TEST_CASE(a_trial_that_is_interrupted_goes_on_bit_by_bit) {
  const Field f;
  ConvexEnergy energy{[&](Vec x) { return f.likelihood->at(x)->value(); }};
  energy.term = [&](double) { return f.likelihood; };
  constexpr int admm = 51, trial = 40;  // what is told of before the trial, and of it
  Interrupter none;
  const VecHandle wanted = f.start();
  const ConvexResult reference = solveConvex(f.problem, energy, f.options(), wanted, &none);
  BOOST_REQUIRE(reference.richardsonLucyIterations == trial);
  BOOST_REQUIRE(none.calls() > admm + trial);
  for (const int at : {admm, admm + 1, admm + 23, admm + trial}) {
    Interrupter stop;
    VecHandle x;
    ConvexResult r;
    int iterations = 0;
    ConvexOptions options = f.options();
    const auto trying = options.richardsonLucy;
    options.richardsonLucy = [&](int n, Vec v, Observer* observer) {
      const int before = stop.calls();
      trying(n, v, observer);
      iterations = stop.calls() - before;
    };
    BOOST_TEST(interruptAndResume(stop, at, [&](Observer& o) {
      x = f.start();
      r = solveConvex(f.problem, energy, options, x, &o);
    }));
    BOOST_TEST(iterations == trial - (at - admm), "at " << at << " the trial began anew, or not at all");
    BOOST_TEST(inNaturalOrder(f.cube.space(), x) == inNaturalOrder(f.cube.space(), wanted), "at " << at);
    BOOST_TEST(r.energy == reference.energy);
    BOOST_TEST(r.newtonIterations == reference.newtonIterations);
  }
}

BOOST_AUTO_TEST_CASE(total_variation_brings_the_image_nearer_to_the_truth) {
  const Field f;
  const double strength = 3e-5, corner = 1;
  const auto exact = totalVariation(f.cube, strength, corner);
  ConvexEnergy energy{[&](Vec x) { return f.likelihood->at(x)->value() + exact->exactValue(x); }};
  energy.corner = corner;
  energy.term = [&](double size) -> std::shared_ptr<const Term> {
    return std::make_shared<SumOfTerms>(std::vector<TermPointer>{f.likelihood, totalVariation(f.cube, strength, size)});
  };
  ConvexProblem problem = f.problem;
  problem.totalVariation = strength;
  const VecHandle x = f.start(), plain = f.start();
  const ConvexResult r = solveConvex(problem, energy, f.options(), x);
  BOOST_TEST(r.converged, r.reason);
  BOOST_TEST(r.richardsonLucyIterations > 0);
  BOOST_TEST(r.energy == energy.value(x), boost::test_tools::tolerance(1e-13));
  ConvexEnergy likelihood{[&](Vec v) { return f.likelihood->at(v)->value(); }, [&](double) { return f.likelihood; }};
  solveConvex(f.problem, likelihood, f.options(), plain);
  BOOST_TEST(r.energy < energy.value(plain));
  const auto distance = [&](Vec v) {
    PetscReal d = 0;
    check(VecAXPY(v, -1, f.truth));
    check(VecNorm(v, NORM_2, &d));
    return d;
  };
  BOOST_TEST(distance(x) < distance(plain));
}

BOOST_AUTO_TEST_CASE(without_a_trial_admm_is_not_there) {
  const Field f;
  ConvexEnergy energy{[&](Vec x) { return f.likelihood->at(x)->value(); }};
  ConvexOptions o = f.options();
  o.richardsonLucy = {};
  o.proximal.iterations = 130;  // as many as the trial and what comes of it take
  const VecHandle x = f.start(), y = f.start();
  const ConvexResult r = solveConvex(f.problem, energy, o, x);
  energy.term = [&](double) { return f.likelihood; };
  BOOST_TEST(r.energy > solveConvex(f.problem, energy, f.options(), y).energy + 10);
}
