#pragma once
#include "operators/linear_operator.hpp"

namespace lacuna {

/// B(A(x)): A first. With A = exp, or exp after an affine S, it is the model of a log-normal unknown.
class ModelChain final : public Model {
 public:
  /// Throws if the range of A is not the domain of B.
  ModelChain(std::shared_ptr<const Model> B, std::shared_ptr<const Model> A);

 private:
  void doApply(Vec x, Vec y) const override;
  OperatorPointer doLinearise(Vec x) const override;
  OperatorPointer doSecondDerivative(Vec x, Vec g) const override;
  std::shared_ptr<const Model> B_, A_;
};

}  // namespace lacuna
