#pragma once

namespace lacuna {

/// A Poisson number k of mean mu given that k <= N, an integer >= 1. Full precision where P(k <= N) underflows too.
struct BelowCeiling {
  double logSum = 0;         ///< ln sum_{k <= N} mu^k / k! = mu + ln P(k <= N)
  double slope = 0;          ///< d logSum / d mu = E[k] / mu
  double curvature = 0;      ///< d^2 logSum / d mu^2
  double variance = 0;       ///< of k
  double meanToCeiling = 0;  ///< N - E[k]
};
BelowCeiling belowCeiling(double mu, double N);

/// That k >= N, as a function of mu: ln P, which is concave, and its derivatives.
struct AtCeiling {
  double logProbability = 0;  ///< -inf at mu = 0
  double slope = 0;
  double curvature = 0;
};
AtCeiling atCeiling(double mu, double N);

/// Expected information on mu in min(k, N).
double censoredInformation(double mu, double N);

}  // namespace lacuna
