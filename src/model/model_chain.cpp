#include "model/model_chain.hpp"

#include "operators/algebra.hpp"

namespace lacuna {

ModelChain::ModelChain(std::shared_ptr<const Model> B, std::shared_ptr<const Model> A)
    : Model(A->domain(), B->range()), B_(std::move(B)), A_(std::move(A)) {
  if (!(B_->domain() == A_->range())) throw Error("ModelChain: the range of the first is not the domain of the second");
}

void ModelChain::doApply(Vec x, Vec y) const {
  const ScratchVec middle = A_->range().scratch();
  A_->apply(x, middle);
  B_->apply(middle, y);
}

OperatorPointer ModelChain::doLinearise(Vec x) const {
  const ScratchVec middle = A_->range().scratch();
  A_->apply(x, middle);
  return compose(B_->linearise(middle), A_->linearise(x));
}

OperatorPointer ModelChain::doSecondDerivative(Vec x, Vec g) const {
  // J_A^T (g . B'') J_A + (J_B^T g) . A''
  const ScratchVec middle = A_->range().scratch(), slope = A_->range().scratch();
  A_->apply(x, middle);
  B_->linearise(middle)->applyAdjoint(g, slope);
  OperatorPointer inner = A_->secondDerivative(x, slope), outer = B_->secondDerivative(middle, g);
  if (!outer) return inner;
  const OperatorPointer J = A_->linearise(x);
  outer = compose(adjoint(J), compose(std::move(outer), J));
  return inner ? sum({std::move(outer), std::move(inner)}) : outer;
}

}  // namespace lacuna
