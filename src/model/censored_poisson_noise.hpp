#pragma once
#include "model/pointwise_noise.hpp"

namespace lacuna {

/// -log p of min(Poisson number of mean mu, N), without log y!: mu - y ln mu below N, and -ln P(k >= N) for y >= N.
/// Convex in mu.
class CensoredPoissonDensity {
 public:
  /// Local counts, NaN where masked.
  CensoredPoissonDensity(std::vector<double> y, double ceiling) : y_(std::move(y)), ceiling_(ceiling) {}
  bool used(std::size_t i) const { return !std::isnan(y_[i]); }
  double value(std::size_t i, double mu) const;
  ValueAndSlope valueAndSlope(std::size_t i, double mu) const;
  double hessian(std::size_t i, double mu) const;
  double fisher(std::size_t i, double mu) const;
  double excess(std::size_t i, double mu) const;
  double draw(Uniforms& uniforms, std::size_t, double mu) const;
  void prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const;

 private:
  bool saturated(std::size_t i) const { return y_[i] >= ceiling_; }
  double proxSaturated(double v, double weight) const;
  std::vector<double> y_;
  double ceiling_;
};

/// A detector that saturates at N counts: y >= N says only that there were N or more. Feasible: mu >= 0, and mu > 0
/// where y > 0. Counts need not be integers, the ceiling must be.
class CensoredPoissonNoise final : public PointwiseNoise<CensoredPoissonDensity> {
 public:
  /// Collective. As PoissonNoise; throws 78 if the ceiling is not an integer >= 1.
  CensoredPoissonNoise(const Space& space, Vec counts, double ceiling, Vec mask = nullptr);

 private:
  CensoredPoissonNoise(const Space& space, Counts counts, double ceiling);
};

}  // namespace lacuna
