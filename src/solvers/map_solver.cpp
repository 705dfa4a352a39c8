#include "solvers/map_solver.hpp"

#include <petsctao.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/petsc_version.hpp"
#include "base/stage.hpp"
#include "base/trampoline.hpp"
#include "operators/as_mat.hpp"
#include "solvers/newton_step.hpp"
#include "solvers/projected_lbfgs.hpp"
#include "solvers/projected_newton.hpp"

namespace lacuna {
namespace {

/// What TAO's callbacks see. Value, gradient and curvature at the same point share one TermAt.
struct Problem {
  const Term& term;
  const MapOptions& options;
  Observer* observer;
  VecHandle point;  ///< where `at` was made
  std::unique_ptr<TermAt> at;
  OperatorPointer curvature;  ///< at the last point TAO asked for
  double started = MPI_Wtime();
  int iterationsBefore = 0;  ///< of earlier calls of TaoSolve
  int iteration = 0;         ///< and of this one
  bool sawInfinity = false;  ///< at some trial point

  const TermAt& go(Vec x) {
    PetscBool same = PETSC_FALSE;
    if (at) check(VecEqual(x, point, &same));
    if (same) return *at;
    at.reset();
    check(VecCopy(x, point));
    at = term.at(x);
    return *at;
  }
  double value(Vec x) {
    const double v = go(x).value();
    if (std::isnan(v)) throw RankError(ExitCode::Diverged, 0, "MAP: the energy is not a number");
    sawInfinity = sawInfinity || std::isinf(v);
    return v;
  }
  void gradient(Vec x, Vec g) {
    go(x).gradient(g);
    PetscReal n = 0;
    check(VecNorm(g, NORM_1, &n));
    if (!std::isfinite(n)) throw RankError(ExitCode::Diverged, 0, "MAP: the gradient is not finite");
  }
};
Problem& of(void* ctx) { return *static_cast<Problem*>(ctx); }

PetscErrorCode objective(Tao, Vec x, PetscReal* f, void* ctx) {
  return trampoline([&] { *f = of(ctx).value(x); });
}
PetscErrorCode gradient(Tao, Vec x, Vec g, void* ctx) {
  return trampoline([&] { of(ctx).gradient(x, g); });
}
PetscErrorCode objectiveAndGradient(Tao, Vec x, PetscReal* f, Vec g, void* ctx) {
  return trampoline([&] {
    *f = of(ctx).value(x);
    if (std::isfinite(*f))
      of(ctx).gradient(x, g);
    else
      check(VecSet(g, 0));
  });
}
PetscErrorCode hessian(Tao, Vec x, Mat H, Mat, void* ctx) {
  return trampoline([&] {
    of(ctx).curvature = of(ctx).go(x).curvature(of(ctx).options.curvature);
    check(MatAssemblyBegin(H, MAT_FINAL_ASSEMBLY));  // tells the KSP that the operator has changed
    check(MatAssemblyEnd(H, MAT_FINAL_ASSEMBLY));
  });
}
PetscErrorCode monitor(Tao tao, void* ctx) {
  return trampoline([&] {
    Problem& p = of(ctx);
    if (!p.observer) return;
    PetscInt iteration = 0;
    PetscReal f = 0, g = 0;
    Vec x = nullptr;
    check(TaoGetSolutionStatus(tao, &iteration, &f, &g, nullptr, nullptr, nullptr));
    check(TaoGetSolution(tao, &x));
    Progress progress;
    progress.solver = "map";
    progress.iteration = p.iteration = p.iterationsBefore + static_cast<int>(iteration);
    progress.energy = f;
    progress.gradientNorm = g;
    progress.seconds = MPI_Wtime() - p.started;
    progress.x = x;
    progress.last = p.iteration >= p.options.iterations;
    p.observer->iteration(progress);
  });
}

/// Stands in TAO's Hessian Mat for whatever curvature is current.
class CurrentCurvature final : public LinearOperator {
 public:
  explicit CurrentCurvature(const Problem& p) : LinearOperator(p.term.space(), p.term.space()), problem_(p) {}

 private:
  void doApplyForward(Vec x, Vec y) const override { problem_.curvature->apply(x, y); }
  void doApplyAdjoint(Vec y, Vec x) const override { problem_.curvature->apply(y, x); }
  const Problem& problem_;
};

/// The gap of a quadratic with this gradient and the Fisher curvature over the variables that are free, to 10 %. `kkt`
/// is the residual there.
double gapEstimate(Problem& p, const Bounds& bounds, Vec x) {
  const Space& space = p.term.space();
  const ScratchVec g = space.scratch(), step = space.scratch(), free = space.scratch();
  p.gradient(x, g);
  if (bounds.any()) {
    const ReadLocal at(x), slope(g);
    const WriteLocal on(free);
    for (PetscInt i = 0; i < at.size(); ++i) on[i] = slope[i] > 0 && at[i] <= bounds.lower(i) ? 0 : 1;
  }
  return newtonStep(*p.go(x).curvature(Curvature::Fisher), nullptr, g, bounds.any() ? Vec(free) : nullptr,
                    {.known = std::numeric_limits<double>::infinity(), .observer = p.observer}, step)
      .gain;
}

bool holdsBounds(const std::string& method) {
  static const std::array quasiNewton{"blmvm", "bqnls", "bqnkls", "bncg", "bqnktr", "bqnktl"};
  return std::find(quasiNewton.begin(), quasiNewton.end(), method) != quasiNewton.end();
}

/// TAO's default line search (More & Thuente) gives up at an infinite energy; Armijo's shortens the step.
void backtrack(Tao tao) {
  TaoLineSearch search = nullptr;
  check(TaoGetLineSearch(tao, &search));
  if (search) check(TaoLineSearchSetType(search, TAOLINESEARCHARMIJO));
}

}  // namespace

MapResult solveMap(const Term& term, const MapOptions& options, Vec x, Observer* observer) {
  const Bounds bounds(term.space(), options.lower, options.lowerEach);
  if (options.method == "newton") return projectedNewton(term, options, bounds, x, observer);
  if (options.method == "lbfgs") return projectedLbfgs(term, options, bounds, x, observer);
  if (bounds.any() && !holdsBounds(options.method))
    throw Error(ExitCode::BadConfig,
                "MAP: method '" + options.method + "' cannot hold bounds: use newton, lbfgs, bqnls or blmvm");
  bounds.project(x);
  Problem problem{term, options, observer, term.space().vec(), nullptr, nullptr};
  if (!std::isnan(options.started)) problem.started = options.started;
  problem.iteration = options.iterationsBefore;
  MapResult r;
  // TAO stops by the gradient; what we promise is the energy. So: solve, estimate the gap, and tighten as long as
  // needed.
  double tolerance = std::sqrt(options.rtol);
  const Stage stage(observer, "map",
                    State()
                        .field("x", term.space(), x)
                        .value("iteration", problem.iteration)
                        .value("start_energy", r.startEnergy)
                        .value("tolerance", tolerance)
                        .loses("TAO begins anew from its estimate, without what it has learnt of the curvature"));
  r.iterations = problem.iteration;
  const double energy = problem.value(x);
  if (!stage.restored()) r.startEnergy = energy;
  if (!std::isfinite(r.startEnergy))
    throw RankError(ExitCode::BadData, 0, "MAP: the starting point is not feasible (its energy is infinite)");
  const MatHandle H = asMat(std::make_shared<CurrentCurvature>(problem));
  TaoHandle tao;
  check(TaoCreate(term.space().comm(), tao.out()));
  check(TaoSetOptionsPrefix(tao, options.prefix.c_str()));
  check(TaoSetType(tao, options.method.c_str()));
  check(TaoSetSolution(tao, x));
  const VecHandle lower = bounds.any() ? bounds.vec() : VecHandle(),
                  upper = bounds.any() ? term.space().vec() : VecHandle();
  if (bounds.any()) {
    check(VecSet(upper, PETSC_INFINITY));
    check(TaoSetVariableBounds(tao, lower, upper));
  }
  check(TaoSetObjective(tao, objective, &problem));
  check(TaoSetGradient(tao, nullptr, gradient, &problem));
  check(TaoSetObjectiveAndGradient(tao, nullptr, objectiveAndGradient, &problem));
  check(TaoSetHessian(tao, H, H, hessian, &problem));
  check(petsc::setMonitor(tao, monitor, &problem));
  KSP ksp = nullptr;
  check(TaoGetKSP(tao, &ksp));
  if (ksp) {
    PC pc = nullptr;
    check(KSPGetPC(ksp, &pc));
    check(PCSetType(pc, PCNONE));
  }
  check(TaoSetMaximumFunctionEvaluations(tao, petsc::unlimited));  // no limit but that of the iterations
  const double reference = std::isnan(options.startEnergy) ? r.startEnergy : options.startEnergy;
  bool backtracking = false;
  for (int round = 0; round < 12; ++round) {
    check(TaoSetTolerances(tao, 0, 0, tolerance));
    check(TaoSetMaximumIterations(tao, std::max(options.iterations - r.iterations, 0)));
    if (round == 0) checkOptions(TaoSetFromOptions(tao));
    problem.iterationsBefore = r.iterations;
    guarded(TaoSolve(tao));
    TaoConvergedReason reason = TAO_CONTINUE_ITERATING;
    PetscInt iterations = 0;
    check(TaoGetSolutionStatus(tao, &iterations, &r.energy, &r.gradientNorm, nullptr, nullptr, &reason));
    r.iterations += static_cast<int>(iterations);
    r.gap = gapEstimate(problem, bounds, x);
    r.converged = r.gap <= options.rtol * (reference - r.energy + r.gap) || r.gap <= 1e-15 * std::abs(r.energy);
    r.limited = !r.converged && (reason == TAO_DIVERGED_MAXITS || r.iterations >= options.iterations);
    r.reason = r.converged ? "reached rtol"
               : r.limited ? "stopped at the limit of iterations"
                           : std::string("TAO stopped: ") + TaoConvergedReasons[reason];
    if (r.converged || r.limited) break;
    if (reason == TAO_DIVERGED_LS_FAILURE && problem.sawInfinity && !backtracking) {
      backtrack(tao);
      backtracking = true;
      continue;
    }
    if (reason < 0 && iterations == 0) break;
    tolerance *= 1e-2;
  }
  r.atBound = bounds.atBound(x);
  return r;
}

}  // namespace lacuna
