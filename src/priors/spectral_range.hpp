#pragma once
#include <memory>

#include "operators/spectral_filter.hpp"

namespace lacuna {

/// Whether a stationary field has modes that do not vary, P(k) = 0. Collective.
bool hasStillModes(const Cube& cube, const Transfer& power);

/// R x = mean + F^-1 [P > 0] F (x - mean), frame by frame: the fields that a Gaussian prior with P = 0 at some modes
/// allows. E(R x) is minimised where E is minimised over these fields, and its gradient and curvature know of no
/// others.
class SpectralRange final : public Model {
 public:
  /// Collective.
  SpectralRange(std::shared_ptr<const Fft> fft, const Transfer& power, double mean);
  /// Orthogonal: dR/dx.
  const OperatorPointer& projection() const { return projection_; }
  /// x <- R x
  void restrict(Vec x) const;
  /// x <- R x, and where that has pixels below 0, as near to the mean of its frame as it takes to have none. That mean
  /// becomes 0 where it is below.
  void restrictAboveZero(Vec x) const;

 private:
  void doApply(Vec x, Vec y) const override;
  OperatorPointer doLinearise(Vec) const override { return projection_; }
  Cube cube_;
  OperatorPointer projection_;
  double mean_;
};

}  // namespace lacuna
