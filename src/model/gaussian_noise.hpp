#pragma once
#include "model/noise.hpp"

namespace lacuna {

/// y_i ~ N(mu_i, v_i), independent: E = 1/2 sum_i (y_i - mu_i)^2 / v_i. An infinite variance masks the datum, whatever
/// it holds (NaN is fine there).
class GaussianNoise final : public Noise {
 public:
  /// Collective. Copies what it needs. Throws 65, with the first natural index and the number of cases, where a
  /// variance is NaN, zero, negative or too small to be inverted, or where a datum that is not masked is not finite.
  GaussianNoise(const Space& space, Vec y, Vec variance);
  std::int64_t dataCount() const override { return count_; }
  Vec data() const { return y_; }             ///< 0 where masked; a view
  Vec inverseVariance() const { return w_; }  ///< 0 where masked; a view

 private:
  double doValue(Vec mu) const override;
  double doValueAndGradient(Vec mu, Vec g) const override;
  void doWeights(Vec mu, Curvature kind, Vec w) const override;
  void doSample(Rng& rng, Vec mu, Vec y) const override;
  double doDeviance(Vec mu) const override { return 2 * doValue(mu); }
  void doProx(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const override;
  VecHandle y_, w_;
  std::int64_t count_ = 0;
};

}  // namespace lacuna
