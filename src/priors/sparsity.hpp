#pragma once
#include <functional>
#include <span>

#include "model/term.hpp"
#include "operators/gradient.hpp"

namespace lacuna {

/// Sparse features u = A x, by the l1 norm or, over the channels c of a pixel p, by the sum of Euclidean norms:
///   E = strength sum_i a_i phi(u_i),                 phi(u) = sqrt(u^2 + epsilon^2) - epsilon,
///   E = strength sum_p phi(|u_p|),                   |u_p|^2 = sum_c u_cp^2   (joint: isotropic total variation).
/// Where |u| >> epsilon this is the norm, below epsilon a parabola; exactValue is the limit epsilon -> 0. `strength`
/// has the unit of 1 / u: a feature of size 1 / strength costs one nat. Both curvatures are positive semi-definite: the
/// Hessian, and as Fisher that of the parabola which touches phi at u and lies above it ("lagged diffusivity", Vogel &
/// Oman 1996), A^T diag(strength a / sqrt(u^2 + epsilon^2)) A.
class Sparsity final : public Term {
 public:
  struct Features {
    OperatorPointer A;
    Cube range;                          ///< of A
    bool joint = false;                  ///< one norm over the channels of a pixel
    std::vector<double> channelWeights;  ///< a_i by channel; empty: 1. None if joint.
    /// Collective. sum a |A x|, where there is a way to it without the memory that A x takes; may be empty.
    std::function<double(Vec x)> norm = {};
  };
  /// Throws 78 unless strength >= 0 and epsilon > 0, both finite.
  Sparsity(Features features, double strength, double epsilon);

  /// Collective. strength sum a |u|, without smoothing.
  double exactValue(Vec x) const;
  /// Rank-local. The proximal map of step times the exact norm, in the features: u <- argmin_v strength sum a |v| +
  /// |v - u|^2 / (2 step), that is v = u max(0, 1 - step strength a / |u|).
  void shrink(double step, Vec u) const;
  const OperatorPointer& features() const { return features_->A; }

 private:
  friend class SparsityAt;
  std::unique_ptr<TermAt> doAt(Vec x) const override;
  std::shared_ptr<const Features> features_;
  double strength_, epsilon_;
};

/// Isotropic total variation of every frame, |u_p| the length of the Gradient (Rudin, Osher & Fatemi 1992).
std::shared_ptr<const Sparsity> totalVariation(const Cube& cube, double strength, double epsilon,
                                               const Spacing& spacing = {1, 1, 1});
/// strength sum_t sum_p |x_t - x_{t-1}|: sudden events.
std::shared_ptr<const Sparsity> temporalVariation(const Cube& cube, double strength, double epsilon);
/// strength times the l1 norm of the Starlet coefficients w_1 ... w_J of every frame; c_J costs nothing.
std::shared_ptr<const Sparsity> starletSparsity(const Cube& cube, int scales, double strength, double epsilon,
                                                const Spacing& spacing = {1, 1, 1});

}  // namespace lacuna
