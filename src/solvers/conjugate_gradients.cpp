#include "solvers/conjugate_gradients.hpp"

#include <array>
#include <cmath>

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
  Phase phase{"vector work"};
  std::function<void(KSP, PetscInt, PetscReal)> report;  ///< of the solve that is running, if anybody watches it

  static PetscErrorCode monitor(KSP ksp, PetscInt iteration, PetscReal norm, void* state) {
    return trampoline([&] {
      const auto& call = static_cast<State*>(state)->report;
      if (call) call(ksp, iteration, norm);
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
    check(KSPSetTolerances(ksp, options.rtol, 0, PETSC_DEFAULT, options.iterations));
    check(KSPMonitorSet(ksp, monitor, this, nullptr));  // beside those of the options (-ksp_monitor)
    checkOptions(KSPSetFromOptions(ksp));
    check(KSPSetUp(ksp));
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
  check(KSPSetTolerances(state_->ksp, rtol, 0, PETSC_DEFAULT, state_->options.iterations));
}

LinearResult ConjugateGradients::solve(Vec b, Vec x, const Watch& watch) const {
  State& s = *state_;
  const auto timed = s.phase.scope();
  if (s.broken) s.setUp();
  LinearResult result;
  PetscReal bNorm = 0;
  check(VecNorm(b, NORM_2, &bNorm));
  if (!std::isfinite(bNorm))
    throw RankError(ExitCode::Diverged, 0, "conjugate gradients: the right-hand side is not finite");
  check(VecSet(x, 0));
  if (bNorm == 0) {  // KSP would divide by it
    result.converged = true;
    result.reason = "the right-hand side is zero, and so is the solution";
    return result;
  }
  if (watch)
    s.report = [&](KSP ksp, PetscInt iteration, PetscReal norm) {
      Vec at = nullptr, r = nullptr;
      const ScratchVec space = s.M->domain().scratch();
      check(KSPBuildSolution(ksp, nullptr, &at));
      check(KSPBuildResidual(ksp, nullptr, space, &r));
      const std::array<Vec, 3> others{b, r, at};
      std::array<PetscScalar, 3> dots{};
      check(VecMDot(at, 3, others.data(), dots.data()));
      watch({static_cast<int>(iteration), norm / bNorm, dots[0], dots[1], dots[2]});
    };
  struct EndOfReport {  // it refers to what ends with this call
    ~EndOfReport() { report = nullptr; }
    std::function<void(KSP, PetscInt, PetscReal)>& report;
  } const end{s.report};
  s.broken = true;
  guarded(KSPSolve(s.ksp, b, x));
  s.broken = false;

  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscInt iterations = 0;
  PetscReal norm = 0;
  check(KSPGetConvergedReason(s.ksp, &reason));
  check(KSPGetIterationNumber(s.ksp, &iterations));
  check(KSPGetResidualNorm(s.ksp, &norm));
  result.converged = reason > 0;
  result.limited = reason == KSP_DIVERGED_ITS;
  result.iterations = static_cast<int>(iterations);
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
