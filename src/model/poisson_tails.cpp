#include "model/poisson_tails.hpp"

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>

namespace lacuna {
namespace {

namespace policies = boost::math::policies;
using Quiet =
    policies::policy<policies::overflow_error<policies::ignore_error>,
                     policies::underflow_error<policies::ignore_error>, policies::denorm_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;

/// Standard deviations within which probabilities do not underflow, and the incomplete gamma function is the quickest;
/// a series takes some sqrt(N) terms beyond.
constexpr double near = 20;

double lowerGamma(double a, double x) { return boost::math::gamma_p(a, x, Quiet()); }  // P(k >= a)
double upperGamma(double a, double x) { return boost::math::gamma_q(a, x, Quiet()); }  // P(k < a)
/// P(k = n) of a Poisson number of mean x
double poissonProbability(double n, double x) {
  return x > 0 ? boost::math::gamma_p_derivative(n + 1, x, Quiet()) : n == 0;
}
/// ln P(k < a), and ln P(k >= a), each from the smaller of the two
double logBelow(double a, double x) {
  const double upper = lowerGamma(a, x);
  return upper < 0.5 ? std::log1p(-upper) : std::log(upperGamma(a, x));
}
double logAbove(double a, double x) {
  const double lower = upperGamma(a, x);
  return lower < 0.5 ? std::log1p(-lower) : std::log(lowerGamma(a, x));
}

}  // namespace

BelowCeiling belowCeiling(double mu, double N) {
  BelowCeiling b;
  if (mu <= N + near * std::sqrt(N)) {
    const double probability = upperGamma(N + 1, mu), h = poissonProbability(N, mu) / probability;
    const double hOverMu = poissonProbability(N - 1, mu) / (N * probability), mean = mu * (1 - h);
    b.logSum = mu + logBelow(N + 1, mu);
    b.slope = 1 - h;
    b.curvature = -hOverMu * (N - mean);
    b.variance = mean - mu * h * (N - mean);
    b.meanToCeiling = N - mean;
    return b;
  }
  // From the ceiling down: mu^(N-j) / (N-j)! = mu^N / N! t_j, t_j = t_(j-1) (N-j+1) / mu, all positive and falling.
  double t = 1, beyond = 0, first = 0, second = 0;
  for (double j = 1; j <= N; ++j) {
    t *= (N - j + 1) / mu;
    beyond += t;
    first += j * t;
    second += j * j * t;
    if (j * j * t < 1e-18 * second) break;
  }
  const double sum = 1 + beyond, d = first / sum;
  b.logSum = N * std::log(mu) - std::lgamma(N + 1) + std::log1p(beyond);
  b.meanToCeiling = d;
  b.variance = second / sum - d * d;
  b.slope = (N - d) / mu;
  b.curvature = (b.variance - (N - d)) / mu / mu;
  return b;
}

AtCeiling atCeiling(double mu, double N) {
  AtCeiling a;
  if (!(mu > 0)) return {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), 0};
  if (mu >= N || (N > 1e4 && mu >= N - near * std::sqrt(N))) {  // not to zero
    a.logProbability = logAbove(N, mu);
    a.slope = poissonProbability(N - 1, mu) / std::exp(a.logProbability);
  } else {  // P = mu^N e^-mu / N! (1 + mu/(N+1) + mu^2/((N+1)(N+2)) + ...)
    double t = 1, beyond = 0;
    for (double j = 1; t > 1e-18 * beyond; ++j) beyond += t *= mu / (N + j);
    a.logProbability = N * std::log(mu) - mu - std::lgamma(N + 1) + std::log1p(beyond);
    a.slope = N / (mu * (1 + beyond));
  }
  a.curvature = a.slope * ((N - 1) / mu - 1 - a.slope);
  return a;
}

double censoredInformation(double mu, double N) {
  if (!(mu > 0)) return 0;
  const double p = poissonProbability(N - 1, mu);  // sum_{k<N} p_k (k/mu - 1)^2 = (P(k<N) + p (mu - N)) / mu
  return (upperGamma(N, mu) + p * (mu - N)) / mu + p * atCeiling(mu, N).slope;
}

}  // namespace lacuna
