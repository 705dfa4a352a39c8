#pragma once
#include "operators/linear_operator.hpp"

namespace lacuna {

/// A(x) + b, with the derivative of A: the mean of data over a known background b.
class Affine final : public Model {
 public:
  /// Throws if b is not in the range of A.
  Affine(std::shared_ptr<const Model> A, VecHandle b);
  Affine(std::shared_ptr<const Model> A, double b);  ///< the same everywhere
  const Model* withoutConstant() const { return A_.get(); }

 private:
  void doApply(Vec x, Vec y) const override;
  OperatorPointer doLinearise(Vec x) const override { return A_->linearise(x); }
  OperatorPointer doSecondDerivative(Vec x, Vec g) const override { return A_->secondDerivative(x, g); }
  std::shared_ptr<const Model> A_;
  VecHandle b_;  ///< null: `level_`
  double level_ = 0;
};

}  // namespace lacuna
