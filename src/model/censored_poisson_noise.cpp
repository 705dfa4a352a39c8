#include "model/censored_poisson_noise.hpp"

#include <algorithm>

#include "model/poisson_noise.hpp"
#include "model/poisson_tails.hpp"
#include "model/root.hpp"

namespace lacuna {
namespace {
constexpr double infinite = std::numeric_limits<double>::infinity();
}

double CensoredPoissonDensity::value(std::size_t i, double mu) const {
  if (!saturated(i)) return poissonEnergy(y_[i], mu);
  return mu < 0 ? infinite : -atCeiling(mu, ceiling_).logProbability;
}

ValueAndSlope CensoredPoissonDensity::valueAndSlope(std::size_t i, double mu) const {
  if (!saturated(i)) return {poissonEnergy(y_[i], mu), y_[i] > 0 ? 1 - y_[i] / mu : 1};
  if (!(mu > 0)) return {infinite, 0};
  const AtCeiling a = atCeiling(mu, ceiling_);
  return {-a.logProbability, -a.slope};
}

double CensoredPoissonDensity::hessian(std::size_t i, double mu) const {
  if (saturated(i)) return -atCeiling(mu, ceiling_).curvature;
  return y_[i] > 0 ? y_[i] / mu / mu : 0;
}

double CensoredPoissonDensity::fisher(std::size_t, double mu) const { return censoredInformation(mu, ceiling_); }

double CensoredPoissonDensity::excess(std::size_t i, double mu) const {
  return saturated(i) ? value(i, mu) : poissonExcess(y_[i], mu);
}

double CensoredPoissonDensity::draw(Uniforms& uniforms, std::size_t, double mu) const {
  return std::min(drawPoisson(mu, uniforms), ceiling_);
}

double CensoredPoissonDensity::proxSaturated(double v, double weight) const {
  // -N/mu <= slope <= 0 brackets the root.
  const double reach = std::sqrt(v * v + 4 * ceiling_ / weight);
  const double high = v > 0 ? 0.5 * (v + reach) : 2 * (ceiling_ / weight) / (reach - v);
  return rootBetween(std::max(v, 0.0), high, [&](double m) {
    const AtCeiling a = atCeiling(m, ceiling_);
    return std::pair(weight * (m - v) - a.slope, weight - a.curvature);
  });
}

void CensoredPoissonDensity::prox(PetscInt first, PetscInt count, const double* v, const double* weight,
                                  double* mu) const {
  for (PetscInt k = 0; k < count; ++k) {
    const auto i = static_cast<std::size_t>(first + k);
    mu[k] = !used(i) ? v[k] : saturated(i) ? proxSaturated(v[k], weight[k]) : poissonProx(y_[i], v[k], weight[k]);
  }
}

CensoredPoissonNoise::CensoredPoissonNoise(const Space& space, Vec counts, double ceiling, Vec mask)
    : CensoredPoissonNoise(space, readCounts("censored Poisson noise", space, counts, mask),
                           checkedCeiling("censored Poisson noise", ceiling)) {}
CensoredPoissonNoise::CensoredPoissonNoise(const Space& space, Counts counts, double ceiling)
    : PointwiseNoise(space, CensoredPoissonDensity(std::move(counts.values), ceiling), counts.used) {}

}  // namespace lacuna
