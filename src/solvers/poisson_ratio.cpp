#include "solvers/poisson_ratio.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "base/eight.hpp"
#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

using EightBits [[gnu::vector_size(64)]] = std::uint64_t;
constexpr double infinity = std::numeric_limits<double>::infinity(), least = 1e-300;

/// ln of eight normal positive numbers, to 2 units in the last place: x = 2^k f with f in [1/sqrt 2, sqrt 2), and
/// ln f = 2 artanh s = 2 (s + s^3 / 3 + ...), s = (f - 1) / (f + 1), |s| < 0.172.
[[gnu::always_inline]] inline void logarithm(Eight& x) {
  constexpr std::uint64_t half = 0x3fe6a09e667f3bcd, bias = std::uint64_t{1024} << 52;  // 1/sqrt 2
  constexpr double large = 0x1.8p52;                                                    // its last digit counts ones
  EightBits bits, k, number;
  __builtin_memcpy(&bits, &x, sizeof bits);
  k = (bits - half + bias) >> 52;  // k + 1024
  bits -= (k << 52) - bias;
  number = k + std::bit_cast<std::uint64_t>(large);
  Eight f, exponent;
  __builtin_memcpy(&f, &bits, sizeof f);
  __builtin_memcpy(&exponent, &number, sizeof exponent);
  const Eight s = (f - 1) / (f + 1), z = s * s;
  Eight sum = z * (1.0 / 21) + 1.0 / 19;
  for (int n = 17; n >= 1; n -= 2) sum = sum * z + 1.0 / n;
  x = (exponent - (large + 1024)) * std::numbers::ln2 + 2 * s * sum;
}

}  // namespace

LACUNA_VECTOR_CLONES double poissonRatio(PetscInt count, const double* y, const double* e, const double* b, bool energy,
                                         double* values) {
  const Eight zero{};
  Eight sums{};
  PetscInt i = 0;
  for (; i + eight <= count; i += eight) {
    const Eight u = eightAt(values + i), n = eightAt(y + i), exposure = e ? eightAt(e + i) : zero + 1;
    Eight mu = exposure * (u > zero ? u : zero);
    if (b) mu += eightAt(b + i);
    const Eight ratio = exposure * n / (mu > zero ? mu : zero + 1);
    eightAt(values + i) = mu > zero ? ratio : zero;
    if (!energy) continue;
    Eight log = mu > zero + least ? mu : zero + least;
    logarithm(log);
    const Eight part = n > zero ? mu - n * log : mu;
    sums += n > zero ? (mu > zero ? part : zero + infinity) : mu;
  }
  double sum = 0;
  for (int k = 0; k < eight; ++k) sum += sums[k];
  for (; i < count; ++i) {
    const double exposure = e ? e[i] : 1, mu = exposure * std::max(values[i], 0.0) + (b ? b[i] : 0);
    values[i] = mu > 0 ? exposure * y[i] / mu : 0;
    if (energy) sum += y[i] > 0 ? (mu > 0 ? mu - y[i] * std::log(std::max(mu, least)) : infinity) : mu;
  }
  return energy ? sum : 0;
}

}  // namespace lacuna
