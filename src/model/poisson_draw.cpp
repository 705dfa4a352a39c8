#include "model/poisson_draw.hpp"

#include <cmath>

namespace lacuna {
namespace {

double byInversion(double mean, double u) {
  double k = 0, p = std::exp(-mean);
  while (u > p && k < 1000) {  // the bound: a uniform that rounding has put beyond the sum
    u -= p;
    p *= mean / ++k;
  }
  return k;
}

double byTransformedRejection(double mean, Uniforms& uniforms) {
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4), vr = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = uniforms.next() - 0.5, v = uniforms.next();
    const double us = 0.5 - std::abs(u), k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inverseAlpha / (a / (us * us) + b)) <= k * std::log(mean) - mean - std::lgamma(k + 1)) return k;
  }
}

}  // namespace

double Uniforms::next() {
  haveSecond_ = !haveSecond_;
  if (!haveSecond_) return second_;
  const auto [u, v] = rng_.uniformPair(natural_, trial_++);
  second_ = v;
  return u;
}

double drawPoisson(double mean, Uniforms& uniforms) {
  if (!(mean > 0)) return 0;
  return mean < 10 ? byInversion(mean, uniforms.next()) : byTransformedRejection(mean, uniforms);
}

double drawPoissonBelow(double mean, double ceiling, Uniforms& uniforms) {
  if (mean <= ceiling) {  // at least every second one is accepted
    while (true)
      if (const double k = drawPoisson(mean, uniforms); k <= ceiling) return k;
  }
  // The probabilities fall from the ceiling down, by k / mean at each step: invert their sum.
  double sum = 0, p = 1;
  for (double k = ceiling; k >= 0 && p > 1e-18 * sum; p *= k-- / mean) sum += p;
  double left = sum * uniforms.next(), k = ceiling;
  p = 1;
  while (left > p && k > 0) {
    left -= p;
    p *= k-- / mean;
  }
  return k;
}

}  // namespace lacuna
