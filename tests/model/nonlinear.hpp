#pragma once
/// A forward model that is not linear, with its derivative: y = exp(A x), J = diag(exp(A x)) A.
#include "operators/algebra.hpp"

namespace lacuna {

class Exponential final : public Model, public std::enable_shared_from_this<Exponential> {
 public:
  explicit Exponential(OperatorPointer A) : Model(A->domain(), A->range()), A_(std::move(A)) {}

 private:
  void doApply(Vec x, Vec y) const override {
    A_->apply(x, y);
    check(VecExp(y));
  }
  OperatorPointer doLinearise(Vec x) const override {
    VecHandle y = range().vec();
    doApply(x, y);
    return compose(diagonal(range(), std::move(y)), A_);
  }
  OperatorPointer A_;
};

}  // namespace lacuna
