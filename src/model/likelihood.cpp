#include "model/likelihood.hpp"

#include <cmath>

#include "model/affine.hpp"
#include "operators/algebra.hpp"

namespace lacuna {
namespace {

/// Whether the derivative J of a model is the same everywhere.
bool isStraight(const Model& model, const Model& J) {
  const auto* affine = dynamic_cast<const Affine*>(&model);
  return &J == (affine ? affine->withoutConstant() : &model);
}

class LikelihoodAt final : public FactoredAt {
 public:
  LikelihoodAt(std::shared_ptr<const Model> model, std::shared_ptr<const Noise> noise, Vec x)
      : model_(std::move(model)),
        noise_(std::move(noise)),
        J_(model_->linearise(x)),
        x_(isStraight(*model_, *J_) ? VecHandle() : like(x)),
        mu_(model_->range().scratch()) {
    model_->apply(x, mu_);
    if (x_) check(VecCopy(x, x_));
  }
  double value() const override { return noise_->value(mu_); }
  void gradient(Vec g) const override {
    const ScratchVec slope = noise_->space().scratch();
    noise_->valueAndGradient(mu_, slope);
    J_->applyAdjoint(slope, g);
  }
  OperatorPointer curvature(Curvature kind) const override {
    VecHandle w = noise_->space().vec();
    noise_->weights(mu_, kind, w);
    OperatorPointer M = gram(J_, std::move(w));
    if (kind == Curvature::Fisher || !x_) return M;
    const ScratchVec slope = noise_->space().scratch();
    noise_->valueAndGradient(mu_, slope);
    OperatorPointer bend = model_->secondDerivative(x_, slope);
    return bend ? sum({std::move(M), std::move(bend)}) : M;
  }
  OperatorPointer factor() const override {
    VecHandle w = noise_->space().vec();
    noise_->weights(mu_, Curvature::Fisher, w);
    check(VecSqrtAbs(w));
    return compose(diagonal(noise_->space(), std::move(w)), J_);
  }

 private:
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const Noise> noise_;
  OperatorPointer J_;
  VecHandle x_;  ///< none if the model is linear: then it is not needed
  ScratchVec mu_;
};

}  // namespace

Likelihood::Likelihood(std::shared_ptr<const Model> model, std::shared_ptr<const Noise> noise)
    : FactoredTerm(model->domain()), model_(std::move(model)), noise_(std::move(noise)) {
  if (!(model_->range() == noise_->space()))
    throw Error("Likelihood: the model does not predict the data of the noise");
}

double Likelihood::doValueAndGradient(Vec x, Vec g) const {
  const ScratchVec mu = noise_->space().scratch();
  model_->apply(x, mu);
  const double value = noise_->valueAndGradient(mu, mu);
  if (std::isfinite(value)) model_->linearise(x)->applyAdjoint(mu, g);
  return value;
}

std::unique_ptr<FactoredAt> Likelihood::doFactoredAt(Vec x) const {
  return std::make_unique<LikelihoodAt>(model_, noise_, x);
}

}  // namespace lacuna
