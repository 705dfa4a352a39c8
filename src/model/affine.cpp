#include "model/affine.hpp"

namespace lacuna {

Affine::Affine(std::shared_ptr<const Model> A, VecHandle b)
    : Model(A->domain(), A->range()), A_(std::move(A)), b_(std::move(b)) {
  require(range(), b_, "Affine: the constant is not in the range");
}

Affine::Affine(std::shared_ptr<const Model> A, double b)
    : Model(A->domain(), A->range()), A_(std::move(A)), level_(b) {}

void Affine::doApply(Vec x, Vec y) const {
  A_->apply(x, y);
  check(b_ ? VecAXPY(y, 1, b_) : VecShift(y, level_));
}

}  // namespace lacuna
