#pragma once
#include <memory>
#include <string>
#include <vector>

#include "deconvolve/estimate.hpp"
#include "deconvolve/imaging_model.hpp"
#include "deconvolve/prior_terms.hpp"
#include "samplers/sampler.hpp"
#include "solvers/conjugate_gradients.hpp"

namespace lacuna {

/// Draws from the Gaussian that has the Fisher curvature M = sum_i F_i^T F_i of likelihood and priors at the estimate,
/// in the variable where the image is unconstrained: x, or s with x = exp(s) (F_i then times diag(x)). With white eta_i
///   z = M^-1 sum_i F_i^T eta_i ~ N(0, M^-1),
/// one solve each (Papandreou & Yuille 2010). Pixels that are held at 0 are left out: there z = 0.
/// `range`: the projection on what varies of a field that does not in all modes; null where it does.
class LaplaceSampler final : public Sampler {
 public:
  /// Throws 70 where a prior has no factor (see PriorTerm).
  LaplaceSampler(const ImagingModel& model, const std::vector<PriorTerm>& priors, const DeconvolveOptions& options,
                 const Estimate& estimate, OperatorPointer range = nullptr);
  /// The deviation z from the estimate. Throws 70 if a solve diverges.
  void draw(std::uint32_t index, Vec z, Observer* observer = nullptr) const override;

 private:
  Space unknown_;
  Rng rng_;
  std::vector<OperatorPointer> factors_;
  std::unique_ptr<ConjugateGradients> solver_;
};

/// Standard deviation of the image from options.samples draws, NaN where it is held at 0, and in frames whose mean
/// neither data nor priors determine, of which `notes` (may be null) tell. Collective.
VecHandle posteriorStd(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                       const Estimate& estimate, Observer* observer, std::vector<std::string>* notes = nullptr);

}  // namespace lacuna
