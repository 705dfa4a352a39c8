#pragma once
#include "model/pointwise_noise.hpp"

namespace lacuna {

/// -log p of a Poisson number y that is not above the ceiling N, renormalised, without log y!:
/// -y ln mu + ln sum_{k <= N} mu^k / k!. Not convex in mu where y < N.
class TruncatedPoissonDensity {
 public:
  /// Local counts, NaN where masked.
  TruncatedPoissonDensity(std::vector<double> y, double ceiling) : y_(std::move(y)), ceiling_(ceiling) {}
  bool used(std::size_t i) const { return !std::isnan(y_[i]); }
  double value(std::size_t i, double mu) const;
  ValueAndSlope valueAndSlope(std::size_t i, double mu) const;
  double hessian(std::size_t i, double mu) const;
  double fisher(std::size_t i, double mu) const;
  double excess(std::size_t i, double mu) const;
  double draw(Uniforms& uniforms, std::size_t, double mu) const { return drawPoissonBelow(mu, ceiling_, uniforms); }
  void prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const;

 private:
  double minimum(double y) const;
  double proxOf(std::size_t i, double v, double weight) const;
  std::vector<double> y_;
  double ceiling_;
};

/// A detector that cannot give more than N counts, whose readings are Poisson numbers given that they are not above N.
/// mu is the mean before truncation. Feasible as for PoissonNoise. Counts need not be integers, the ceiling must be.
class TruncatedPoissonNoise final : public PointwiseNoise<TruncatedPoissonDensity> {
 public:
  /// Collective. As PoissonNoise; throws 65 also on counts above the ceiling, 78 if that is not an integer >= 1.
  TruncatedPoissonNoise(const Space& space, Vec counts, double ceiling, Vec mask = nullptr);

 private:
  TruncatedPoissonNoise(const Space& space, Counts counts, double ceiling);
};

}  // namespace lacuna
