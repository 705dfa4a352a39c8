#include "model/sum_of_terms.hpp"

#include <cmath>

#include "operators/algebra.hpp"

namespace lacuna {
namespace {

class SumAt final : public TermAt {
 public:
  SumAt(Space space, std::vector<std::unique_ptr<TermAt>> parts) : space_(std::move(space)), parts_(std::move(parts)) {}
  double value() const override {
    double v = 0;
    for (const auto& part : parts_) v += part->value();
    return v;
  }
  void gradient(Vec g) const override {
    parts_.front()->gradient(g);
    if (parts_.size() == 1) return;
    const ScratchVec part = space_.scratch();
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      parts_[i]->gradient(part);
      check(VecAXPY(g, 1, part));
    }
  }
  OperatorPointer curvature(Curvature kind) const override {
    std::vector<OperatorPointer> all;
    for (const auto& part : parts_) all.push_back(part->curvature(kind));
    return sum(std::move(all));
  }

 private:
  Space space_;
  std::vector<std::unique_ptr<TermAt>> parts_;
};

}  // namespace

SumOfTerms::SumOfTerms(std::vector<TermPointer> terms)
    : Term(terms.empty() ? throw Error("SumOfTerms: no terms") : terms.front()->space()), terms_(std::move(terms)) {
  for (const auto& term : terms_)
    if (!(term->space() == space())) throw Error("SumOfTerms: the spaces of the terms differ");
}

std::unique_ptr<TermAt> SumOfTerms::doAt(Vec x) const {
  std::vector<std::unique_ptr<TermAt>> parts;
  for (const auto& term : terms_) parts.push_back(term->at(x));
  return std::make_unique<SumAt>(space(), std::move(parts));
}

double SumOfTerms::doValueAndGradient(Vec x, Vec g) const {
  double value = terms_.front()->valueAndGradient(x, g);
  for (std::size_t i = 1; i < terms_.size() && std::isfinite(value); ++i) {
    const ScratchVec part = space().scratch();
    value += terms_[i]->valueAndGradient(x, part);
    if (std::isfinite(value)) check(VecAXPY(g, 1, part));
  }
  return value;
}

}  // namespace lacuna
