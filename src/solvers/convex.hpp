#pragma once
#include "model/term.hpp"
#include "solvers/proximal.hpp"

namespace lacuna {

struct ConvexOptions {
  ProximalOptions proximal;  ///< its rtol is that of the result
  /// nats: where ADMM gives way to Newton's method, if rtol asks for less. ADMM comes near the optimum sooner than any
  /// other method, and finds the pixels at their bound; the last digits are Newton's.
  double handOver = 0.1;
  int newtonIterations = 50;  ///< limit
  std::string prefix = {};    ///< of the PETSc options
};

struct ConvexResult : Stopped {
  double startEnergy = 0, energy = 0;    ///< nats
  double gap = 0;                        ///< estimate of E - E*, nats
  double gradientNorm = Progress::none;  ///< of the gradient without what pushes against a bound; NaN: there is none
  int proximalIterations = 0, newtonIterations = 0;
  Penalties penalties;
};

/// Minimises a ConvexProblem by ADMM and, where rtol asks for more than ADMM gives in reasonable time, Newton's method
/// on the free pixels. `value` is E; `term` the same as a Term, null where E has no gradient (total variation): then,
/// and without a prior that holds what the data do not see, ADMM does it alone. Collective. Throws what solveProximal
/// and solveMap throw.
ConvexResult solveConvex(const ConvexProblem& problem, const std::function<double(Vec)>& value, const Term* term,
                         const ConvexOptions& options, Vec x, Observer* observer = nullptr);

}  // namespace lacuna
