#include "solvers/conjugate_gradients.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/petsc_version.hpp"
#include "base/phase.hpp"
#include "base/trampoline.hpp"
#include "operators/as_mat.hpp"

namespace lacuna {

struct ConjugateGradients::State {
  OperatorPointer M;
  LinearOptions options;
  MatHandle mat, preconditioner;
  KspHandle ksp;
  bool broken = false;  ///< an exception left it in the middle of a solve
  Phase phase{"vector work", "GB"};
  double gigabytes = 0;                                  ///< that the vectors of an iteration read and write
  std::function<void(KSP, PetscInt, PetscReal)> report;  ///< of the solve that is running, if anybody watches it
  Vec start = nullptr;                                   ///< what its solution is added to; null: zero

  static PetscErrorCode monitor(KSP ksp, PetscInt iteration, PetscReal norm, void* state) {
    return trampoline([&] {
      const State& s = *static_cast<State*>(state);
      const auto timed = s.phase.scope(iteration > 0 ? s.gigabytes : 0);
      if (s.report) s.report(ksp, iteration, norm);
    });
  }

  void setUp() {
    check(KSPCreate(M->domain().comm(), ksp.out()));
    check(KSPSetOptionsPrefix(ksp, options.prefix.c_str()));
    check(KSPSetType(ksp, KSPCG));
    check(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
    PC pc = nullptr;
    check(KSPGetPC(ksp, &pc));
    check(KSPSetOperators(ksp, mat, preconditioner ? preconditioner : mat));
    check(PCSetType(pc, preconditioner ? PCMAT : PCNONE));
    check(KSPSetTolerances(ksp, options.rtol, 0, petsc::current, options.iterations));
    check(KSPMonitorSet(ksp, monitor, this, nullptr));  // beside those of the options (-ksp_monitor)
    checkOptions(KSPSetFromOptions(ksp));
    check(KSPSetUp(ksp));
    // x += a p, r -= a q, p = z + b p; p.q, z.r, ||r||; without a preconditioner z = r is a copy.
    gigabytes = (preconditioner ? 14 : 16) * 8e-9 * static_cast<double>(M->domain().local());
    broken = false;
  }
};

ConjugateGradients::ConjugateGradients(OperatorPointer M, OperatorPointer preconditioner, const LinearOptions& options)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.M = std::move(M);
  s.options = options;
  s.mat = asMat(s.M);
  if (preconditioner) s.preconditioner = asMat(std::move(preconditioner));
  s.setUp();
}
ConjugateGradients::~ConjugateGradients() = default;
ConjugateGradients::ConjugateGradients(ConjugateGradients&&) noexcept = default;

void ConjugateGradients::setRtol(double rtol) const {
  state_->options.rtol = rtol;
  check(KSPSetTolerances(state_->ksp, rtol, 0, petsc::current, state_->options.iterations));
}

LinearResult ConjugateGradients::solve(Vec b, Vec x, Observer* observer) const {
  return run(b, x, 0, [&](KSP, PetscInt, PetscReal) { tick(observer); });
}

LinearResult ConjugateGradients::solve(Vec b, Vec x, const Watch& watch, int before) const {
  State& s = *state_;
  PetscReal bNorm = 0;
  check(VecNorm(b, NORM_2, &bNorm));
  const ScratchVec residual = s.M->domain().scratch(), total = s.M->domain().scratch();
  return run(b, x, before, [&](KSP ksp, PetscInt iteration, PetscReal norm) {
    Vec at = nullptr, r = nullptr;
    check(KSPBuildSolution(ksp, nullptr, &at));
    check(KSPBuildResidual(ksp, nullptr, residual, &r));
    if (before > 0) {
      iterate(total);
      at = total;
    }
    const std::array<Vec, 3> others{b, r, at};
    std::array<PetscScalar, 3> dots{};
    check(VecMDot(at, 3, others.data(), dots.data()));
    watch({before + static_cast<int>(iteration), norm / bNorm, dots[0], dots[1], dots[2]});
  });
}

void ConjugateGradients::iterate(Vec out) const {
  Vec part = nullptr;
  check(KSPBuildSolution(state_->ksp, nullptr, &part));
  check(VecCopy(part, out));
  if (state_->start) check(VecAXPY(out, 1, state_->start));
}

LinearResult ConjugateGradients::run(Vec b, Vec x, int before, const Report& report) const {
  State& s = *state_;
  const auto timed = s.phase.scope();
  if (s.broken) s.setUp();
  LinearResult result;
  PetscReal bNorm = 0;
  check(VecNorm(b, NORM_2, &bNorm));
  if (!std::isfinite(bNorm))
    throw RankError(ExitCode::Diverged, 0, "conjugate gradients: the right-hand side is not finite");
  if (bNorm == 0) {  // KSP would divide by it
    check(VecSet(x, 0));
    result.converged = true;
    result.reason = "the right-hand side is zero, and so is the solution";
    return result;
  }
  // From where an earlier run was: what is missing is solved for.
  std::optional<ScratchVec> start, rest;
  PetscReal restNorm = bNorm, rtol = 0, atol = 0, divergence = 0;
  PetscInt most = 0;
  check(KSPGetTolerances(s.ksp, &rtol, &atol, &divergence, &most));  // PETSc's options may have changed them
  if (before > 0) {
    start.emplace(s.M->domain().scratch());
    rest.emplace(s.M->domain().scratch());
    check(VecCopy(x, *start));
    s.M->apply(x, *rest);
    check(VecAYPX(*rest, -1, b));
    check(VecNorm(*rest, NORM_2, &restNorm));
    result.residual = restNorm / bNorm;
    result.iterations = before;
    result.converged = restNorm <= rtol * bNorm;
    result.limited = !result.converged && before >= most;
    result.reason = result.converged ? "reached rtol" : "stopped at the limit of iterations";
    if (result.converged || result.limited) return result;
    check(KSPSetTolerances(s.ksp, rtol * bNorm / restNorm, atol, divergence, most - before));
  }
  check(VecSet(x, 0));
  s.report = report;
  s.start = start ? Vec(*start) : nullptr;
  struct EndOfSolve {  // the report refers to what ends with this call
    ~EndOfSolve() {
      state.report = nullptr;
      state.start = nullptr;
    }
    State& state;
  } const end{s};
  s.broken = true;
  guarded(KSPSolve(s.ksp, rest ? Vec(*rest) : b, x));
  s.broken = false;
  if (start) {
    check(VecAXPY(x, 1, *start));
    check(KSPSetTolerances(s.ksp, rtol, atol, divergence, most));
  }

  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscInt iterations = 0;
  PetscReal norm = 0;
  check(KSPGetConvergedReason(s.ksp, &reason));
  check(KSPGetIterationNumber(s.ksp, &iterations));
  check(KSPGetResidualNorm(s.ksp, &norm));
  result.converged = reason > 0;
  result.limited = reason == KSP_DIVERGED_ITS;
  result.iterations = before + static_cast<int>(iterations);
  result.residual = norm / bNorm;
  result.reason = result.converged ? "reached rtol"
                  : result.limited ? "stopped at the limit of iterations"
                                   : std::string("diverged: PETSc's ") + KSPConvergedReasons[reason];
  return result;
}

double ConjugateGradients::trueResidual(Vec b, Vec x) const {
  const ScratchVec r = state_->M->domain().scratch();
  state_->M->apply(x, r);
  PetscReal rNorm = 0, bNorm = 0;
  check(VecAYPX(r, -1, b));
  check(VecNorm(r, NORM_2, &rNorm));
  check(VecNorm(b, NORM_2, &bNorm));
  return bNorm > 0 ? rNorm / bNorm : rNorm;
}

}  // namespace lacuna
