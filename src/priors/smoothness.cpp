#include "priors/smoothness.hpp"

#include <cmath>
#include <string>

#include "operators/algebra.hpp"

namespace lacuna {
namespace {

/// E = strength/2 x.Kx or strength/2 |K x|^2: the gradient D, of several channels, is needed for the factor alone.
class SmoothnessAt final : public FactoredAt {
 public:
  SmoothnessAt(double strength, OperatorPointer D, OperatorPointer K, Vec x)
      : strength_(strength), D_(std::move(D)), K_(std::move(K)), Kx_(K_->range().scratch()) {
    K_->apply(x, Kx_);
    PetscScalar xKx = 0;
    check(VecDot(D_ ? x : static_cast<Vec>(Kx_), Kx_, &xKx));
    value_ = 0.5 * strength_ * xKx;
  }
  double value() const override { return value_; }
  void gradient(Vec g) const override {
    if (D_)
      check(VecCopy(Kx_, g));
    else
      K_->apply(Kx_, g);
    check(VecScale(g, strength_));
  }
  OperatorPointer curvature(Curvature) const override { return scale(strength_, D_ ? K_ : compose(K_, K_)); }
  OperatorPointer factor() const override { return scale(std::sqrt(strength_), D_ ? D_ : K_); }

 private:
  double strength_, value_ = 0;
  OperatorPointer D_, K_;
  ScratchVec Kx_;
};

}  // namespace

Smoothness::Smoothness(const Cube& cube, double strength, int order, const Spacing& spacing)
    : FactoredTerm(cube.space()),
      strength_(strength),
      D_(order == 1 ? std::make_shared<Gradient>(cube, spacing) : nullptr),
      K_(std::make_shared<Laplacian>(cube, spacing)) {
  if (!(strength >= 0) || std::isinf(strength))
    throw Error(ExitCode::BadConfig, "smoothness: the strength is " + std::to_string(strength));
  if (order != 1 && order != 2)
    throw Error(ExitCode::BadConfig, "smoothness: the order is " + std::to_string(order) + "; it must be 1 or 2");
}

std::unique_ptr<FactoredAt> Smoothness::doFactoredAt(Vec x) const {
  return std::make_unique<SmoothnessAt>(strength_, D_, K_, x);
}

}  // namespace lacuna
