#pragma once
#include "model/term.hpp"

namespace lacuna {

/// E(A(s)) as a Term in s, by the chain rule: gradient J^T g, Hessian J^T H J + sum_k g_k A_k'', Fisher J^T M J. With
/// A = Positive a prior on x becomes one on s = ln x (without a Jacobian: it is the mode of the density of x that is
/// kept).
class ChangeOfVariable final : public Term {
 public:
  /// Throws if the range of A is not the space of E.
  ChangeOfVariable(std::shared_ptr<const Term> E, std::shared_ptr<const Model> A);

 private:
  std::unique_ptr<TermAt> doAt(Vec s) const override;
  std::shared_ptr<const Term> E_;
  std::shared_ptr<const Model> A_;
};

}  // namespace lacuna
