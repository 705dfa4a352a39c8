#pragma once
#include <memory>
#include <optional>

#include "massmap/shear_field.hpp"
#include "operators/lensing.hpp"
#include "priors/gaussian_field.hpp"
#include "solvers/wiener.hpp"

namespace lacuna {

/// How the convergence is estimated (the methods of Jeffrey et al. 2021, doi:10.1093/mnras/stab1495).
enum class MassMethod {
  Wiener,         ///< posterior mean under a Gaussian prior and Gaussian noise
  KaiserSquires,  ///< direct inversion, masked pixels as zero, smoothed
  NullB           ///< weighted least squares with B = 0, minimum norm where masked
};

struct MassMapOptions {
  MassMethod method = MassMethod::Wiener;
  double smoothingPixels = 0;  ///< Gaussian sd of Kaiser-Squires maps
  LinearOptions linear;
};

/// One map, and for the solved methods the solver that made it, for samples.
struct MassMap {
  VecHandle kappa;                       ///< of ShearField::image
  WienerResult result;                   ///< how the solve went; converged at once for Kaiser-Squires
  std::unique_ptr<WienerFilter> filter;  ///< null for Kaiser-Squires
  /// What a checkpoint keeps of it.
  State state(const Space& image) {
    State all;
    all.field("kappa", image, kappa);
    return result.keepIn(all);
  }
  /// What the solver calls itself to observers.
  std::string solver() const { return filter ? filter->name() : "kaiser-squires"; }
};

/// Estimates of the convergence from a ShearField; the operators are shared by the E and B maps. Collective.
/// Wiener: unknown = packed modes of the whitened field, kappa = S xi. Null-B: unknown = packed modes of kappa.
class MassMapper {
 public:
  /// `prior` is needed by MassMethod::Wiener (throws 78 without); keeps references to none of its arguments but `fft`.
  MassMapper(const ShearField& field, std::shared_ptr<const Fft> fft, const GaussianField* prior,
             const MassMapOptions& options);

  /// kappa from a shear of field.shear with the noise of the field: prepare() and solve().
  MassMap estimate(Vec gamma, Observer* observer = nullptr) const;
  /// Everything built and PETSc's options read, nothing computed.
  MassMap prepare(Vec gamma) const;
  void solve(Vec gamma, MassMap& map, Observer* observer = nullptr) const;
  /// The B modes: the same estimator on (gamma2, -gamma1). The map only; `observer` gets ticks.
  VecHandle estimateB(Vec gamma, Observer* observer = nullptr) const;
  /// Kaiser-Squires, whatever the method. `kappa` of ShearField::image.
  void kaiserSquires(Vec gamma, Vec kappa) const;
  /// The shear that a convergence predicts: gamma = L kappa.
  void predict(Vec kappa, Vec gamma) const;

  /// Unknown -> kappa; null for Kaiser-Squires.
  const std::shared_ptr<const SpectralSynthesis>& synthesis() const { return synthesis_; }
  /// Unknown -> shear, A of the likelihood; null for Kaiser-Squires.
  const std::shared_ptr<const SpectralSynthesis>& forward() const { return forward_; }

 private:
  MassMapOptions options_;
  Cube image_, shear_;
  VecHandle variance_;  ///< of shear_
  std::shared_ptr<const SpectralFilter> lensing_, inversion_;
  std::shared_ptr<const SpectralSynthesis> synthesis_, forward_;
  OperatorPointer preconditioner_;
};

}  // namespace lacuna
