#pragma once
#include <memory>
#include <vector>

#include "operators/spectral_synthesis.hpp"

namespace lacuna {

/// Filters between pixel fields: channel c of y is F^-1 T_c F x, for every frame. One transform in, one out per
/// channel. Domain: a one-channel Cube; range: one channel per transfer function. T must be real and even; then the
/// adjoint is x = sum_c F^-1 T_c F y_c.
class SpectralFilter final : public LinearOperator {
 public:
  /// Collective. Throws 70 where a transfer function is not finite.
  SpectralFilter(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers);
  const Cube& rangeCube() const { return rangeCube_; }

 private:
  SpectralFilter(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers, Cube range);
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  std::shared_ptr<const Fft> fft_;
  Cube rangeCube_;
  PetscInt channels_;
  std::vector<std::vector<double>> transfer_;   ///< [channel][mode]: T share / N
  mutable std::vector<Fft::Complex> spectrum_;  ///< of one plane
};

/// Smoothing by a Gaussian of standard deviation `sigmaPixels`: T = exp(-2 pi^2 sigma^2 |f|^2), periodic.
Transfer gaussianSmoothing(double sigmaPixels);

}  // namespace lacuna
