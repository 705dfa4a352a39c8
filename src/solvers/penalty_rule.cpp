#include "solvers/penalty_rule.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

constexpr int window = 5;
constexpr double stretch = 1.5, boundRatio = 8, balance = 4, starletBalance = 8;
constexpr double range = 50, leastOfNorm = 1e-3, mostOfNorm = 1e6;  // about what is typical
constexpr double mostOfStarlets = 2;                                // of what the data have

/// A change is no jump, and worth its price.
double changed(double now, double wanted) {
  constexpr double deadBand = 1.3, jump = 10;
  wanted = std::clamp(wanted, now / jump, now * jump);
  return wanted > deadBand * now || wanted < now / deadBand ? wanted : now;
}

}  // namespace

PenaltyRule::PenaltyRule(const ConvexProblem& problem, double gain, double typical)
    : gain_(gain), typical_(typical), split_(problem.totalVariation > 0) {}

Penalties PenaltyRule::first(double data) const {
  constexpr double starletRatio = 0.3, stepRatio = 0.3;
  // x is seen through h, which passes at most `gain`; where it sees little, the bound alone decides.
  return {data, data * gain_ / boundRatio, data * gain_, data * gain_ * starletRatio, data * gain_ * stepRatio};
}

bool PenaltyRule::measuresAt(int iteration) const { return iteration > next_ - window; }

Penalties PenaltyRule::next(const Penalties& now, double curvature, const Penalties& ratios) {
  next_ = std::max(static_cast<int>(stretch * next_), next_ + window + 1);
  Penalties p = now;
  const double splitFactor = split_ ? 2 : 1;
  if (curvature > 0)
    p.data = changed(now.data, std::clamp(splitFactor * curvature, typical_ / range, typical_ * range));
  p.bound = p.data * gain_ / boundRatio;
  const double typical = typical_ * gain_;
  const auto norm = [&](double Penalties::*split, double times, double most) {
    const double wanted = times * ratios.*split;
    if (!std::isnan(wanted)) p.*split = changed(now.*split, std::clamp(wanted, typical * leastOfNorm, most));
  };
  norm(&Penalties::slope, balance, typical * mostOfNorm);
  norm(&Penalties::starlet, starletBalance, p.data * gain_ * mostOfStarlets);
  norm(&Penalties::step, balance, typical * mostOfNorm);
  return p;
}

}  // namespace lacuna
