#include "model/poisson_gaussian_noise.hpp"

#include <algorithm>
#include <numbers>

#include "model/bad_entries.hpp"
#include "model/poisson_noise.hpp"

namespace lacuna {
namespace {

std::vector<double> spread(const Space& space, const PerDatum& p, const char* what) {
  if (!p.each) return std::vector<double>(static_cast<std::size_t>(space.local()), p.number);
  if (!space.holds(p.each)) throw Error(std::string("Poisson-Gaussian noise: the ") + what + " is not in the space");
  const ReadLocal v(p.each);
  return {v.data(), v.data() + v.size()};
}

std::vector<PoissonGaussianDensity::Datum> shifted(const Space& space, const Camera& camera, const Counts& counts) {
  const std::vector<double> gain = spread(space, camera.gain, "gain"), offset = spread(space, camera.offset, "offset"),
                            noise = spread(space, camera.readNoise, "read noise");
  BadEntries badGain, badOffset, badNoise;
  std::vector<PoissonGaussianDensity::Datum> data(counts.values.size());
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) {
      const auto i = static_cast<std::size_t>(run.local + k);
      const std::int64_t natural = run.natural + k * run.stride;
      data[i].z = counts.values[i];
      if (std::isnan(counts.values[i])) continue;
      if (!(gain[i] > 0) || std::isinf(gain[i])) badGain.add(natural);
      if (!std::isfinite(offset[i])) badOffset.add(natural);
      if (!(noise[i] >= 0) || std::isinf(noise[i])) badNoise.add(natural);
      const double shift = noise[i] * noise[i];
      data[i] = {std::max((counts.values[i] - offset[i]) / gain[i] + shift, 0.0), shift, gain[i], offset[i]};
    }
  badGain.throwIfAny(space.comm(), "Poisson-Gaussian noise: a gain that is not positive");
  badOffset.throwIfAny(space.comm(), "Poisson-Gaussian noise: an offset that is not finite");
  badNoise.throwIfAny(space.comm(), "Poisson-Gaussian noise: a read noise that is negative or not finite");
  return data;
}

}  // namespace

double PoissonGaussianDensity::value(std::size_t i, double mu) const {
  const auto& [z, shift, gain, offset] = data_[i];
  if (mu < 0) return std::numeric_limits<double>::infinity();
  return z > 0 ? mu - z * std::log(mu + shift) : mu;
}
ValueAndSlope PoissonGaussianDensity::valueAndSlope(std::size_t i, double mu) const {
  const auto& [z, shift, gain, offset] = data_[i];
  return {value(i, mu), z > 0 ? 1 - z / (mu + shift) : 1};
}
double PoissonGaussianDensity::hessian(std::size_t i, double mu) const {
  const auto& [z, shift, gain, offset] = data_[i];
  return z > 0 ? z / (mu + shift) / (mu + shift) : 0;
}
double PoissonGaussianDensity::fisher(std::size_t i, double mu) const {
  const double mean = mu + data_[i].shift;
  return mean > 0 ? 1 / mean : 0;
}
double PoissonGaussianDensity::excess(std::size_t i, double mu) const {
  return mu < 0 ? std::numeric_limits<double>::infinity() : poissonExcess(data_[i].z, mu + data_[i].shift);
}
double PoissonGaussianDensity::draw(Uniforms& uniforms, std::size_t i, double mu) const {
  const auto& [z, shift, gain, offset] = data_[i];
  const double r = std::sqrt(-2 * std::log(uniforms.next())), angle = 2 * std::numbers::pi * uniforms.next();
  return gain * (drawPoisson(mu, uniforms) + std::sqrt(shift) * r * std::cos(angle)) + offset;
}
void PoissonGaussianDensity::prox(PetscInt first, PetscInt count, const double* v, const double* weight,
                                  double* mu) const {
  const Datum* data = data_.data() + first;
  for (PetscInt k = 0; k < count; ++k)
    mu[k] = std::isnan(data[k].z)
                ? v[k]
                : std::max(poissonProx(data[k].z, v[k] + data[k].shift, weight[k]) - data[k].shift, 0.0);
}

PoissonGaussianNoise::PoissonGaussianNoise(const Space& space, Vec readings, const Camera& camera, Vec mask)
    : PoissonGaussianNoise(space, camera,
                           readCounts("Poisson-Gaussian noise", space, readings, mask,
                                      {.least = -std::numeric_limits<double>::infinity()})) {}
PoissonGaussianNoise::PoissonGaussianNoise(const Space& space, const Camera& camera, const Counts& counts)
    : PointwiseNoise(space, PoissonGaussianDensity(shifted(space, camera, counts)), counts.used) {}

}  // namespace lacuna
