#pragma once
#include "model/term.hpp"

namespace lacuna {

using TermPointer = std::shared_ptr<const Term>;

/// E(x) = sum_i E_i(x) on one space: the posterior is a likelihood plus a prior. Throws if there are no terms or
/// their spaces differ.
class SumOfTerms final : public Term {
 public:
  explicit SumOfTerms(std::vector<TermPointer> terms);

 private:
  std::unique_ptr<TermAt> doAt(Vec x) const override;
  double doValueAndGradient(Vec x, Vec g) const override;
  std::vector<TermPointer> terms_;
};

}  // namespace lacuna
