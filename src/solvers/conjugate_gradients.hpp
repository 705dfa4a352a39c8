#pragma once
#include <functional>

#include "base/observer.hpp"
#include "operators/linear_operator.hpp"
#include "solvers/stopped.hpp"

namespace lacuna {

struct LinearOptions {
  double rtol = 1e-6;     ///< ||b - M x|| / ||b||
  int iterations = 1000;  ///< limit
  std::string prefix;     ///< of the PETSc options, "wiener_" say
};

/// What the iteration knows of a step, all for the price of one reduction.
struct LinearStep {
  int iteration = 0;
  double residual = 0;            ///< ||r|| / ||b||
  double xb = 0, xr = 0, xx = 0;  ///< dot products of x with b, r = b - M x, and itself
};

struct LinearResult : Stopped {
  double residual = 0;  ///< ||r|| / ||b|| by the recurrence
};

/// M x = b, M symmetric positive (semi-)definite, by PETSc's preconditioned conjugate gradients (Hestenes & Stiefel
/// 1952), set up once for many right-hand sides. From x = 0 a consistent semi-definite system gives the minimum-norm
/// solution if there is no preconditioner. Collective.
class ConjugateGradients {
 public:
  /// `preconditioner` approximates M^-1; may be null.
  ConjugateGradients(OperatorPointer M, OperatorPointer preconditioner, const LinearOptions& options);
  ~ConjugateGradients();
  ConjugateGradients(ConjugateGradients&&) noexcept;

  using Watch = std::function<void(const LinearStep&)>;
  /// x <- M^-1 b from x = 0. Not converging is not an error: see the result. Throws what M throws. `observer` (may be
  /// null) gets a tick at every iteration.
  LinearResult solve(Vec b, Vec x, Observer* observer = nullptr) const;
  /// The same, from where an earlier run was after `before` iterations, which count: x holds its solution, and what is
  /// solved is M d = b - M x, with rtol and residuals in units of ||b|| as ever. Zero iterations: x is set to zero.
  /// `watch` is called once an iteration on all ranks; it may ask for iterate().
  LinearResult solve(Vec b, Vec x, const Watch& watch, int before = 0) const;
  /// out <- the solution at this iteration; in a Watch alone.
  void iterate(Vec out) const;
  /// ||b - M x|| / ||b||, computed afresh: one application.
  double trueResidual(Vec b, Vec x) const;
  void setRtol(double rtol) const;

 private:
  struct State;
  using Report = std::function<void(KSP, PetscInt iteration, PetscReal norm)>;
  LinearResult run(Vec b, Vec x, int before, const Report& report) const;
  std::unique_ptr<State> state_;
};

}  // namespace lacuna
