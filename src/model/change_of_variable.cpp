#include "model/change_of_variable.hpp"

#include "operators/algebra.hpp"

namespace lacuna {
namespace {

class ChangedAt final : public TermAt {
 public:
  ChangedAt(const Term& E, std::shared_ptr<const Model> A, Vec s)
      : A_(std::move(A)), J_(A_->linearise(s)), s_(like(s)), space_(E.space()) {
    check(VecCopy(s, s_));
    const ScratchVec x = space_.scratch();
    A_->apply(s, x);
    at_ = E.at(x);
  }
  double value() const override { return at_->value(); }
  void gradient(Vec g) const override {
    const ScratchVec slope = space_.scratch();
    at_->gradient(slope);
    J_->applyAdjoint(slope, g);
  }
  OperatorPointer curvature(Curvature kind) const override {
    OperatorPointer M = compose(adjoint(J_), compose(at_->curvature(kind), J_));
    if (kind == Curvature::Fisher) return M;
    const ScratchVec slope = space_.scratch();
    at_->gradient(slope);
    OperatorPointer bend = A_->secondDerivative(s_, slope);
    return bend ? sum({std::move(M), std::move(bend)}) : M;
  }

 private:
  std::shared_ptr<const Model> A_;
  OperatorPointer J_;
  VecHandle s_;
  Space space_;  ///< of E
  std::unique_ptr<TermAt> at_;
};

}  // namespace

ChangeOfVariable::ChangeOfVariable(std::shared_ptr<const Term> E, std::shared_ptr<const Model> A)
    : Term(A->domain()), E_(std::move(E)), A_(std::move(A)) {
  if (!(A_->range() == E_->space())) throw Error("ChangeOfVariable: the model does not lead to the space of the term");
}

std::unique_ptr<TermAt> ChangeOfVariable::doAt(Vec s) const { return std::make_unique<ChangedAt>(*E_, A_, s); }

}  // namespace lacuna
