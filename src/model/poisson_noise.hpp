#pragma once
#include "model/pointwise_noise.hpp"

namespace lacuna {

/// Counts: means of 0 that a Fourier transform computes may be this far below 0, and are feasible where y = 0.
constexpr double poissonRounding = 1e-8;

/// -log p of a Poisson number y with mean mu, without log y!: mu - y ln mu, +inf where not feasible.
inline double poissonEnergy(double y, double mu) {
  if (mu < (y > 0 ? 0 : -poissonRounding) || mu > std::numeric_limits<double>::max())
    return std::numeric_limits<double>::infinity();
  return y > 0 ? mu - y * std::log(mu) : mu;
}
/// That less its minimum, mu - y + y ln(y / mu), to full precision near mu = y too.
double poissonExcess(double y, double mu);
/// argmin over m >= 0 of poissonEnergy(y, m) + 1/(2 spread) (m - v)^2: the root of m^2 + (spread - v) m - spread y = 0
/// that is not negative.
inline double spreadPoissonProx(double y, double v, double spread) {
  const double b = v - spread, q = y * spread;
  const double t = 0.5 * (std::abs(b) + std::sqrt(b * b + 4 * q)), other = q / t;  // no cancellation
  return b >= 0 ? t : other;  // both sides computed, so that loops are made of vector instructions
}
/// The same of weight/2 (m - v)^2.
inline double poissonProx(double y, double v, double weight) { return spreadPoissonProx(y, v, 1 / weight); }

/// The Poisson densities of local data.
class PoissonDensity {
 public:
  /// Local counts, NaN where masked.
  explicit PoissonDensity(std::vector<double> y) : own_(std::move(y)), y_(own_.data()) {}
  /// Those of a vector, none of them masked, which nobody changes from now on.
  explicit PoissonDensity(VecHandle y);
  double datum(std::size_t i) const { return y_[i]; }
  bool used(std::size_t i) const { return !std::isnan(y_[i]); }
  double value(std::size_t i, double mu) const { return poissonEnergy(y_[i], mu); }
  ValueAndSlope valueAndSlope(std::size_t i, double mu) const {
    return {poissonEnergy(y_[i], mu), y_[i] > 0 ? 1 - y_[i] / mu : 1};
  }
  double hessian(std::size_t i, double mu) const { return y_[i] > 0 ? y_[i] / mu / mu : 0; }
  /// 1/mu. At mu = 0, where the information is infinite and nothing can vary, 0.
  double fisher(std::size_t, double mu) const { return mu > 0 ? 1 / mu : 0; }
  double excess(std::size_t i, double mu) const { return poissonExcess(y_[i], mu); }
  double draw(Uniforms& uniforms, std::size_t, double mu) const { return drawPoisson(mu, uniforms); }
  void prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const;

 private:
  std::vector<double> own_;
  VecHandle shared_;
  const double* y_ = nullptr;  ///< in one of the two
};

/// y_i ~ Poisson(mu_i), independent: E = sum_i (mu_i - y_i ln mu_i), log y! dropped. Feasible: mu >= 0, and mu > 0
/// where y > 0. Counts need not be integers (y ln mu stands for what weighted or resampled counts are): draws are.
class PoissonNoise final : public PointwiseNoise<PoissonDensity> {
 public:
  /// Collective. `mask` != 0 where a datum counts; null: all do. Throws 65 on negative or not finite counts inside the
  /// mask, on NaN in the mask, and where everything is masked.
  PoissonNoise(const Space& space, Vec counts, Vec mask = nullptr);
  /// All count; without a copy: the vector must not change from now on.
  PoissonNoise(const Space& space, VecHandle&& counts);

 private:
  PoissonNoise(const Space& space, Counts counts);
  PoissonNoise(const Space& space, VecHandle&& counts, std::int64_t used);
};

}  // namespace lacuna
