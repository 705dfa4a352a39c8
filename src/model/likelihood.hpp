#pragma once
#include "model/noise.hpp"

namespace lacuna {

/// The data term E(x) = -log p(y | A(x)). With J = dA/dx and the noise's weights w its curvature is J^T diag(w) J
/// (Fisher), with the factor diag(w)^(1/2) J. The Hessian has the noise's own w, and what Model::secondDerivative
/// gives.
class Likelihood final : public FactoredTerm {
 public:
  /// Throws if the range of the model is not the space of the noise.
  Likelihood(std::shared_ptr<const Model> model, std::shared_ptr<const Noise> noise);
  const Model& model() const { return *model_; }
  const Noise& noise() const { return *noise_; }

 private:
  std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const override;
  double doValueAndGradient(Vec x, Vec g) const override;
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const Noise> noise_;
};

}  // namespace lacuna
