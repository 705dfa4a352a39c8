#include "operators/linear_operator.hpp"

#include <string>

namespace lacuna {

void Model::require(const Space& space, Vec x, const char* what) const {
  if (!space.holds(x)) throw Error(std::string("operator: ") + what);
}
void Model::apply(Vec x, Vec y) const {
  require(domain_, x, "apply: x is not in the domain");
  require(range_, y, "apply: y is not in the range");
  if (x == y) throw Error("operator: apply: x and y are the same vector");
  doApply(x, y);
}
std::shared_ptr<const LinearOperator> Model::linearise(Vec x) const {
  require(domain_, x, "linearise: x is not in the domain");
  return doLinearise(x);
}
std::shared_ptr<const LinearOperator> Model::secondDerivative(Vec x, Vec g) const {
  require(domain_, x, "secondDerivative: x is not in the domain");
  require(range_, g, "secondDerivative: g is not in the range");
  return doSecondDerivative(x, g);
}

void LinearOperator::doApply(Vec x, Vec y) const {
  ++count_;
  doApplyForward(x, y);
}
OperatorPointer LinearOperator::doLinearise(Vec) const { return shared_from_this(); }

void LinearOperator::applyAdjoint(Vec y, Vec x) const {
  require(range(), y, "applyAdjoint: y is not in the range");
  require(domain(), x, "applyAdjoint: x is not in the domain");
  if (x == y) throw Error("operator: applyAdjoint: x and y are the same vector");
  ++count_;
  doApplyAdjoint(y, x);
}

void LinearOperator::applyGram(Vec w, Vec x, Vec y) const {
  require(range(), w, "applyGram: w is not in the range");
  require(domain(), x, "applyGram: x is not in the domain");
  require(domain(), y, "applyGram: y is not in the domain");
  if (x == y) throw Error("operator: applyGram: x and y are the same vector");
  count_ += 2;
  doApplyGram(w, x, y);
}

void LinearOperator::doApplyGram(Vec w, Vec x, Vec y) const {
  const ScratchVec middle = range().scratch();
  doApplyForward(x, middle);
  check(VecPointwiseMult(middle, middle, w));
  doApplyAdjoint(middle, y);
}

void LinearOperator::addTo(Vec x, Vec y) const {
  require(domain(), x, "addTo: x is not in the domain");
  require(range(), y, "addTo: y is not in the range");
  if (x == y) throw Error("operator: addTo: x and y are the same vector");
  ++count_;
  doAddTo(x, y);
}

void LinearOperator::doAddTo(Vec x, Vec y) const {
  const ScratchVec part = range().scratch();
  doApplyForward(x, part);
  check(VecAXPY(y, 1, part));
}

}  // namespace lacuna
