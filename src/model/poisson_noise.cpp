#include "model/poisson_noise.hpp"

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

LACUNA_VECTOR_CLONES void proxOfAll(std::size_t n, const double* y, const double* v, const double* weight, double* mu) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const double root = poissonProx(y[i], v[i], weight[i]);
    mu[i] = y[i] == y[i] ? root : v[i];  // NaN: masked
  }
}
LACUNA_VECTOR_CLONES void proxOfAll(std::size_t n, const double* y, const double* v, double spread, double* mu) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const double root = spreadPoissonProx(y[i], v[i], spread);
    mu[i] = y[i] == y[i] ? root : v[i];
  }
}
LACUNA_VECTOR_CLONES bool same(std::size_t n, const double* weight) {
  int others = 0;
  for (std::size_t i = 1; i < n; ++i) others += weight[i] != weight[0];
  return others == 0;
}

}  // namespace

PoissonDensity::PoissonDensity(VecHandle y) : shared_(std::move(y)) {
  const ReadLocal values(shared_);
  y_ = values.data();
}

void PoissonDensity::prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const {
  const auto n = static_cast<std::size_t>(count);
  if (n > 0 && same(n, weight))  // a division less
    proxOfAll(n, y_ + first, v, 1 / weight[0], mu);
  else
    proxOfAll(n, y_ + first, v, weight, mu);
}

double poissonExcess(double y, double mu) {
  if (mu < (y > 0 ? 0 : -poissonRounding)) return std::numeric_limits<double>::infinity();
  if (!(y > 0)) return mu;
  const double d = (mu - y) / y;  // y (d - ln(1 + d)), whose series begins with d^2/2
  if (std::abs(d) < 1e-3) return y * d * d * (0.5 - d * (1.0 / 3 - d * (0.25 - d * (0.2 - d / 6))));
  return d < 1 ? y * (d - std::log1p(d)) : mu - y - y * std::log(mu / y);
}

PoissonNoise::PoissonNoise(const Space& space, Vec counts, Vec mask)
    : PoissonNoise(space, readCounts("Poisson noise", space, counts, mask)) {}
PoissonNoise::PoissonNoise(const Space& space, VecHandle&& counts)
    : PoissonNoise(space, std::move(counts), readCounts("Poisson noise", space, counts, nullptr).used) {}
PoissonNoise::PoissonNoise(const Space& space, VecHandle&& counts, std::int64_t used)
    : PointwiseNoise(space, PoissonDensity(std::move(counts)), used) {}
PoissonNoise::PoissonNoise(const Space& space, Counts counts)
    : PointwiseNoise(space, PoissonDensity(std::move(counts.values)), counts.used) {}

}  // namespace lacuna
