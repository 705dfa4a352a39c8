#pragma once
#include <memory>
#include <vector>

#include "deconvolve/estimate.hpp"
#include "deconvolve/imaging_model.hpp"
#include "deconvolve/imaging_priors.hpp"
#include "deconvolve/prior_terms.hpp"
#include "solvers/convex_problem.hpp"
#include "solvers/rounded_norms.hpp"

namespace lacuna {

/// The MAP estimate by the solver that fits: ADMM and Newton's method on the free pixels, or Newton's method alone, in
/// x or in s with x = exp(s).
class MapRoute {
 public:
  /// Collective. Views; all must outlive it. `level`: the typical brightness. Throws 78 where modes of a field that do
  /// not vary stand against positivity.
  MapRoute(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options, double level);

  /// Collective. `strength`: of the prior that leaves it open. `x`: an image to start from, and then the estimate.
  /// `startEnergy`: what rtol refers to where x is a solution that is near; NaN: the energy of x. x, mean
  /// and active of the result are left to finish().
  Estimate solve(double strength, double rtol, Vec x, Observer* observer, double startEnergy = Progress::none) const;
  /// Collective. The energy of an image, nats.
  double energyOf(double strength, Vec x) const;
  /// Collective. Energies, mean and active pixels of an estimate that has its x.
  void finish(double strength, Estimate& estimate) const;

 private:
  bool exponential() const { return options_.positivity == Positivity::Exponential; }
  /// What keeps ADMM from being used: what a ConvexProblem cannot say, or what ADMM cannot do. Empty: nothing.
  std::string whyNotProximal(double strength) const;
  /// Whether the energy has norms, which have corners.
  bool norms() const;
  /// Whether Richardson-Lucy minimises the energy of these data, and keeps x >= 0.
  bool canFollowRichardsonLucy() const;
  /// Whether SpectralPreconditioner pays: where pixels far from one another know of one another. The weights of
  /// logarithms differ too much from pixel to pixel, unless their prior is a field whose power differs yet more.
  bool spectral() const;
  /// Diagonal of the precision of smoothness in space, of logarithms.
  double stiffness(double strength) const;
  ConvexProblem convexProblem(double strength) const;
  /// From the variable of Newton's method to x, where it is not x.
  std::shared_ptr<const Model> toImage() const;
  /// Energy in the variable of Newton's method: x, or s with x = exp(s).
  std::shared_ptr<const Term> energy(const std::vector<PriorTerm>& priors) const;
  /// The energy without rounded corners, of x, and with them, of the variable of Newton's method. Views of `priors`.
  ConvexEnergy energyOf(const std::vector<PriorTerm>& priors, double strength) const;
  double priorEnergy(const std::vector<PriorTerm>& priors, Vec x) const;
  /// Energy of data and priors, without the rounded corners of l1 norms.
  double exactEnergy(const std::vector<PriorTerm>& priors, Vec x) const;
  void proximal(const std::vector<PriorTerm>& priors, double strength, double rtol, double startEnergy, Vec x,
                Observer* observer, Estimate& estimate) const;
  void newton(const std::vector<PriorTerm>& priors, double strength, double rtol, double startEnergy, Vec x,
              Observer* observer, Estimate& estimate) const;

  const ImagingModel& model_;
  const ImagingPriors& priors_;
  const DeconvolveOptions& options_;
  double level_;
  std::shared_ptr<const SpectralRange> range_;  ///< where a field has modes that do not vary
};

}  // namespace lacuna
