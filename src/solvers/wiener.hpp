#pragma once
#include <memory>

#include "base/observer.hpp"
#include "model/likelihood.hpp"
#include "solvers/conjugate_gradients.hpp"

namespace lacuna {

struct WienerResult : LinearResult {
  double energy = 0;       ///< nats, data plus prior
  double dataEnergy = 0;   ///< 1/2 chi2
  double priorEnergy = 0;  ///< 1/2 xi.xi
  State& keepIn(State& state) {
    return Stopped::keepIn(state)
        .value("residual", residual)
        .value("energy", energy)
        .value("data_energy", dataEnergy)
        .value("prior_energy", priorEnergy);
  }
};

/// The posterior of a linear model with Gaussian noise in a whitened unknown, xi ~ N(0, I):
///   (I + A^T W A) xi = A^T W d,
/// solved by preconditioned conjugate gradients: mean and MAP at once, and the solver that samplers perturb. Without
/// the identity (`prior` = false) it is the weighted least-squares fit, of minimum norm where the data say nothing.
/// Collective.
class WienerFilter {
 public:
  /// A model that is not linear is linearised at xi = 0.
  WienerFilter(std::shared_ptr<const Likelihood> likelihood, bool prior, OperatorPointer preconditioner,
               const LinearOptions& options);

  /// xi <- the posterior mean. `observer` (may be null) is told of every iteration; a
  /// run that is resumed goes on from its xi.
  WienerResult solve(Vec xi, Observer* observer = nullptr) const;

  const ConjugateGradients& solver() const { return solver_; }
  const OperatorPointer& precision() const { return precision_; }  ///< I + A^T W A
  Vec rightHandSide() const { return b_; }                         ///< A^T W d; a view
  bool prior() const { return prior_; }
  const char* name() const { return prior_ ? "wiener" : "least-squares"; }
  const Likelihood& likelihood() const { return *likelihood_; }

 private:
  std::shared_ptr<const Likelihood> likelihood_;
  LinearOptions options_;
  bool prior_;
  double startEnergy_ = 0;  ///< at xi = 0
  VecHandle b_;
  OperatorPointer precision_;
  ConjugateGradients solver_;
};

/// diag(1 / (1 + meanWeight g)) with g the diagonal of A^T A per mode (SpectralSynthesis::gramDiagonal): the inverse
/// of the precision if the weights were the same everywhere.
OperatorPointer meanWeightPreconditioner(const Space& modes, Vec gramDiagonal, double meanWeight);

}  // namespace lacuna
