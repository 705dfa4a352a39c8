/// An operator that breaks down on one rank in the middle of a solve: every solver stops with exit code 70 and says
/// why, on all ranks.
#include "dense_operator.hpp"
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "priors/white_prior.hpp"
#include "solvers/convex.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/richardson_lucy.hpp"
#include "solvers/wiener.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

constexpr int size = 30;

/// A positive blur whose result has a NaN on the last rank that owns anything, from application number `good` + 1 on.
class Breaking final : public LinearOperator {
 public:
  Breaking(const Space& s, int good)
      : LinearOperator(s, s), A_(std::make_shared<DenseOperator>(s, s, denseOf(size, size, blur))), good_(good) {}

 private:
  static double blur(int i, int j) { return std::exp(-0.4 * (i - j) * (i - j)); }
  void doApplyForward(Vec x, Vec y) const override {
    A_->apply(x, y);
    if (good_-- > 0) return;
    const WriteLocal out(y);
    for (const NaturalRun& run : range().naturalRuns())
      if (run.natural + run.count == size) out[run.local + run.count - 1] = std::nan("");
  }
  void doApplyAdjoint(Vec y, Vec x) const override { A_->applyAdjoint(y, x); }
  OperatorPointer A_;
  mutable int good_;
};

struct Setup {
  Space s = Space::line(PETSC_COMM_WORLD, size);
  std::shared_ptr<Breaking> A;
  VecHandle counts = s.vec(), x = s.vec();
  explicit Setup(int good) : A(std::make_shared<Breaking>(s, good)) {
    fillNatural(s, counts, [](std::int64_t i) { return static_cast<double>(3 + i * 7 % 20); });
    check(VecSet(x, 5));
  }
};

/// Exit code and words of a solver that throws, or of what it returns.
template <class Solve>
void expectDiverged(const std::string& name, Solve&& solve) {
  int code = 0;
  std::string why;
  try {
    const Stopped result = solve();
    code = static_cast<int>(result.exitCode());
    why = result.reason;
  } catch (const Error& e) {
    code = static_cast<int>(e.code());
    why = e.what();
  }
  BOOST_TEST(code == 70, name << " left with " << code << ": " << why);
  BOOST_TEST(why.size() > 10, name << " does not say why: " << why);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_nan_in_the_fifth_iteration_ends_every_solver) {
  for (const int good : {5, 6, 9}) {
    expectDiverged("Richardson-Lucy", [&] {
      const Setup p(good);
      return RichardsonLucy(p.A, p.counts).solve(p.x, {.iterations = 50});
    });
    expectDiverged("the Wiener filter", [&] {
      const Setup p(good);
      VecHandle variance = p.s.vec();
      check(VecSet(variance, 1e-4));
      const auto noise = std::make_shared<GaussianNoise>(p.s, p.counts, variance);
      const WienerFilter filter(std::make_shared<Likelihood>(p.A, noise), true, nullptr, {1e-12, 1000, ""});
      return filter.solve(p.x);
    });
    for (const char* method : {"newton", "lbfgs", "nls", "lmvm", "bqnls"})
      expectDiverged(method, [&] {
        const Setup p(good);
        const auto noise = std::make_shared<PoissonNoise>(p.s, p.counts);
        const auto likelihood = std::make_shared<Likelihood>(p.A, noise);
        MapOptions how;
        how.method = method;
        how.rtol = 1e-14;
        if (how.method != "nls" && how.method != "lmvm") how.lower = 0;
        return solveMap(*likelihood, how, p.x);
      });
  }
}

BOOST_AUTO_TEST_CASE(a_mean_that_becomes_nan_ends_admm) {
  const Cube cube = cubeOf({1, 1, 1, 12, 10}, 1);
  const auto blur = Convolution::make(cube, cube, {{1, 3, 3, {0, 1, 1}, {1, 2, 1, 2, 4, 2, 1, 2, 1}}}, {});
  const VecHandle counts = cube.space().vec(), x = cube.space().vec();
  fillNatural(cube.space(), counts, [](std::int64_t i) { return static_cast<double>(3 + i * 7 % 20); });
  check(VecSet(x, 1));
  const auto noise = std::make_shared<PoissonNoise>(cube.space(), counts);
  ConvexProblem problem(*blur);
  problem.noise = noise;
  problem.totalVariation = 0.1;
  int good = 5;
  ConvexEnergy energy;
  energy.value = [&](Vec at) {
    const ScratchVec mean = cube.space().scratch();
    blur->apply(at, mean);
    if (good-- <= 0) {
      const WriteLocal m(mean);
      for (const NaturalRun& run : cube.space().naturalRuns())
        if (run.natural == 0) m[run.local] = std::nan("");
    }
    return noise->value(mean);
  };
  expectDiverged("ADMM", [&] { return solveConvex(problem, energy, {}, x); });
  BOOST_TEST(good < 0);
}
