#include "model/truncated_poisson_noise.hpp"

#include <algorithm>

#include "model/poisson_noise.hpp"
#include "model/poisson_tails.hpp"
#include "model/root.hpp"

namespace lacuna {
namespace {
constexpr double infinite = std::numeric_limits<double>::infinity();
}

double TruncatedPoissonDensity::value(std::size_t i, double mu) const {
  if (mu < 0) return infinite;
  return belowCeiling(mu, ceiling_).logSum - (y_[i] > 0 ? y_[i] * std::log(mu) : 0);
}

ValueAndSlope TruncatedPoissonDensity::valueAndSlope(std::size_t i, double mu) const {
  if (mu < 0) return {infinite, 0};
  const BelowCeiling b = belowCeiling(mu, ceiling_);
  const double y = y_[i];
  // Far above the ceiling the mean of the datum is the ceiling, and its distance from it is what is left.
  const double slope = mu > ceiling_ ? (ceiling_ - y - b.meanToCeiling) / mu : b.slope - (y > 0 ? y / mu : 0);
  return {b.logSum - (y > 0 ? y * std::log(mu) : 0), slope};
}

double TruncatedPoissonDensity::hessian(std::size_t i, double mu) const {
  const BelowCeiling b = belowCeiling(mu, ceiling_);
  const double y = y_[i];
  if (mu > ceiling_) return (b.variance + b.meanToCeiling - (ceiling_ - y)) / mu / mu;
  return b.curvature + (y > 0 ? y / mu / mu : 0);
}

double TruncatedPoissonDensity::fisher(std::size_t, double mu) const {
  if (!(mu > 0)) return 0;
  const BelowCeiling b = belowCeiling(mu, ceiling_);
  return mu > ceiling_ ? b.variance / mu / mu : std::max(b.slope / mu + b.curvature, 0.0);
}

double TruncatedPoissonDensity::minimum(double y) const {
  if (!(y > 0)) return 0;
  if (y == ceiling_) return -std::lgamma(ceiling_ + 1);  // as mu -> infinity
  // Where E[k] = y: not below y, which is it far below the ceiling.
  const auto slope = [&](double logMean) {
    const double mean = std::exp(logMean);
    const BelowCeiling b = belowCeiling(mean, ceiling_);
    return std::pair(mean * b.slope - y, b.variance);
  };
  double low = std::log(y), high = low;
  if (slope(low).first < -1e-12 * y) {
    for (high = low + 1e-3; slope(high).first < 0; high += 2 * (high - low)) {
    }
    low = rootBetween(low, high, slope);
  }
  return belowCeiling(std::exp(low), ceiling_).logSum - y * low;
}

double TruncatedPoissonDensity::excess(std::size_t i, double mu) const {
  return std::max(value(i, mu) - minimum(y_[i]), 0.0);
}

double TruncatedPoissonDensity::proxOf(std::size_t i, double v, double weight) const {
  // -y/mu <= slope <= 1 - y/mu brackets all stationary points; the left end is the answer where the ceiling is far.
  const double y = y_[i], low = poissonProx(y, v, weight), reach = std::sqrt(v * v + 4 * y / weight);
  const double high = std::max(v > 0 ? 0.5 * (v + reach) : 2 * (y / weight) / (reach - v), low);
  if (!(high > low)) return low;
  if (high < ceiling_ && belowCeiling(high, ceiling_).slope == 1) return low;
  const auto slope = [&](double m) {
    return std::pair(valueAndSlope(i, m).slope + weight * (m - v), hessian(i, m) + weight);
  };
  const auto energy = [&](double m) { return value(i, m) + 0.5 * weight * (m - v) * (m - v); };
  // Not convex: up to two minima, near the ends. Take the best of those in a scan.
  constexpr int steps = 24;
  bool falling = y > 0 || slope(low).first < 0;
  double before = low, best = low, least = falling ? infinite : energy(low);
  for (int k = 1; k <= steps; ++k) {
    const double m = k == steps ? high : low + (high - low) * k / steps;
    const bool falls = k < steps && slope(m).first < 0;
    if (falling && !falls) {
      const double root = rootBetween(before, m, slope), e = energy(root);
      if (e < least) best = root, least = e;
    }
    falling = falls;
    before = m;
  }
  return best;
}

void TruncatedPoissonDensity::prox(PetscInt first, PetscInt count, const double* v, const double* weight,
                                   double* mu) const {
  for (PetscInt k = 0; k < count; ++k) {
    const auto i = static_cast<std::size_t>(first + k);
    mu[k] = used(i) ? proxOf(i, v[k], weight[k]) : v[k];
  }
}

TruncatedPoissonNoise::TruncatedPoissonNoise(const Space& space, Vec counts, double ceiling, Vec mask)
    : TruncatedPoissonNoise(space,
                            readCounts("truncated Poisson noise", space, counts, mask,
                                       {.most = checkedCeiling("truncated Poisson noise", ceiling)}),
                            ceiling) {}
TruncatedPoissonNoise::TruncatedPoissonNoise(const Space& space, Counts counts, double ceiling)
    : PointwiseNoise(space, TruncatedPoissonDensity(std::move(counts.values), ceiling), counts.used) {}

}  // namespace lacuna
