#include "model/gaussian_noise.hpp"

#include <cmath>

#include "model/bad_entries.hpp"

namespace lacuna {
namespace {

MPI_Comm commOf(Vec x) { return PetscObjectComm(reinterpret_cast<PetscObject>(x)); }

}  // namespace

GaussianNoise::GaussianNoise(const Space& space, Vec y, Vec variance) : Noise(space), y_(space.vec()), w_(space.vec()) {
  if (!space.holds(y) || !space.holds(variance)) throw Error("GaussianNoise: data or variance are not in the space");
  BadEntries badVariance, badDatum;
  long long used = 0, all = 0;
  {
    const ReadLocal data(y), v(variance);
    const WriteLocal d(y_), w(w_);
    for (const NaturalRun& run : space.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) {
        const PetscInt i = run.local + k;
        if (!(v[i] > 0) || std::isinf(1 / v[i])) badVariance.add(run.natural + k * run.stride);
        const bool masked = std::isinf(v[i]);
        if (!masked && !std::isfinite(data[i])) badDatum.add(run.natural + k * run.stride);
        w[i] = masked ? 0 : 1 / v[i];
        d[i] = masked ? 0 : data[i];
        used += !masked;
      }
  }
  badVariance.throwIfAny(space.comm(), "Gaussian noise: a variance that is not positive");
  badDatum.throwIfAny(space.comm(), "Gaussian noise: a datum that is not finite");
  checkMpi(MPI_Allreduce(&used, &all, 1, MPI_LONG_LONG, MPI_SUM, space.comm()));
  count_ = all;
}

double GaussianNoise::doValue(Vec mu) const {
  return sumOver(commOf(mu), [&] {
    const ReadLocal m(mu), y(y_), w(w_);
    double sum = 0;
    for (PetscInt i = 0; i < m.size(); ++i)
      if (w[i] > 0) sum += 0.5 * w[i] * (m[i] - y[i]) * (m[i] - y[i]);
    return sum;
  });
}
double GaussianNoise::doValueAndGradient(Vec mu, Vec g) const {
  return sumOver(commOf(mu), [&] {
    const ReadLocal m(mu), y(y_), w(w_);
    const WriteLocal out(g);
    double sum = 0;
    for (PetscInt i = 0; i < m.size(); ++i) {
      const double r = w[i] > 0 ? m[i] - y[i] : 0;  // a mean that is not finite does no harm where masked
      out[i] = w[i] * r;
      sum += 0.5 * w[i] * r * r;
    }
    return sum;
  });
}
void GaussianNoise::doWeights(Vec, Curvature, Vec w) const { check(VecCopy(w_, w)); }

void GaussianNoise::doSample(Rng& rng, Vec mu, Vec y) const {
  rng.normal(space(), y);
  const ReadLocal m(mu), w(w_);
  const WriteLocal out(y);
  for (PetscInt i = 0; i < m.size(); ++i) out[i] = w[i] > 0 ? m[i] + out[i] / std::sqrt(w[i]) : 0;
}

void GaussianNoise::doProx(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const {
  const ReadLocal y(y_), w(w_);
  const double *data = y.data() + first, *inverse = w.data() + first;
  for (PetscInt i = 0; i < count; ++i)
    mu[i] = inverse[i] > 0 ? (inverse[i] * data[i] + weight[i] * v[i]) / (inverse[i] + weight[i]) : v[i];
}

}  // namespace lacuna
