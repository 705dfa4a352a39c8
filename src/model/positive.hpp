#pragma once
#include "operators/linear_operator.hpp"

namespace lacuna {

/// x_i = exp(s_i): positivity by a change of variable. |s| is held to 300, so that no trial step of a solver overflows.
class Positive final : public Model {
 public:
  explicit Positive(const Space& space) : Model(space, space) {}

 private:
  void doApply(Vec s, Vec x) const override;
  OperatorPointer doLinearise(Vec s) const override;
  OperatorPointer doSecondDerivative(Vec s, Vec g) const override;
};

}  // namespace lacuna
