#pragma once
#include <functional>
#include <optional>
#include <span>

#include "model/term.hpp"

namespace lacuna {

/// Rank-local. x <- x + factor d, d with a number for each of the equal parts (frames) of the local entries; none:
/// zero.
void addToFrames(double factor, std::span<const double> d, Vec x);

/// E = 1/2 (B x - d)^T C^-1 (B x - d), seen from a point: what Gaussian priors and quadratic penalties share. With
/// C^-1 = R^T R the curvature is B^T C^-1 B and its factor R B.
class QuadraticAt final : public FactoredAt {
 public:
  /// `precision` C^-1 may be null (the identity); `root` makes R when it is wanted, and is empty where R is the
  /// identity. `d` as in addToFrames.
  QuadraticAt(OperatorPointer B, OperatorPointer precision, std::function<OperatorPointer()> root,
              std::span<const double> d, Vec x);
  double value() const override;
  void gradient(Vec g) const override;
  OperatorPointer curvature(Curvature kind) const override;
  OperatorPointer factor() const override;

 private:
  Vec weighted() const { return weighted_ ? *weighted_ : residual_; }
  OperatorPointer B_, precision_;
  std::function<OperatorPointer()> root_;
  ScratchVec residual_;                 ///< B x - d
  std::optional<ScratchVec> weighted_;  ///< C^-1 (B x - d), if there is a C
};

}  // namespace lacuna
