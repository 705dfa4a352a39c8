#pragma once
#include "samplers/sampler.hpp"
#include "solvers/wiener.hpp"

namespace lacuna {

/// Exact, independent draws of a linear-Gaussian posterior (Papandreou & Yuille 2010; Orieux et al. 2012): with
/// M = I + J^T J, J = W^(1/2) A, and white eta1, eta2,
///   z = M^-1 (eta1 + J^T eta2) ~ N(0, M^-1),
/// one solve each. Without the prior M = J^T J, eta1 is left out, and z is a draw from N(0, M^+). `draw` gives the
/// *deviation* z from the posterior mean.
class PerturbAndSolve final : public Sampler {
 public:
  /// Throws 70 in draw() if a solve diverges; one that stops at the limit of iterations gives an approximate draw.
  PerturbAndSolve(const WienerFilter& filter, const Rng& rng);
  void draw(std::uint32_t index, Vec z, Observer* observer = nullptr) const override;

 private:
  const WienerFilter& filter_;
  OperatorPointer factor_;
  Rng rng_;
};

}  // namespace lacuna
