#include "deconvolve/expected_deviance.hpp"

#include <cmath>

namespace lacuna {

double expectedPoissonDeviance(double mu) {
  if (!(mu > 0)) return 0;
  if (mu > 30) return 1 + (1 + 1 / mu) / (6 * mu);
  double p = std::exp(-mu), sum = p * mu;  // y = 0
  const int last = static_cast<int>(mu + 12 * std::sqrt(mu) + 12);
  for (int y = 1; y <= last; ++y) {
    p *= mu / y;
    sum += p * (mu - y + y * std::log(y / mu));
  }
  return 2 * sum;
}

double expectedDeviance(const ImagingModel& model, const DeconvolveOptions& options, Vec mean) {
  if (options.noise == "gaussian") return static_cast<double>(model.noise->dataCount());
  const bool shifted = options.noise == "poisson-gaussian" && model.data.variance;
  return sumOver(model.data.cube.comm(), [&] {
    const ReadLocal mu(mean);
    const auto mask = model.data.mask ? std::make_unique<ReadLocal>(model.data.mask) : nullptr;
    const auto shift = shifted ? std::make_unique<ReadLocal>(model.data.variance) : nullptr;
    double sum = 0;
    for (PetscInt i = 0; i < mu.size(); ++i)
      if (!mask || (*mask)[i] != 0) sum += expectedPoissonDeviance(mu[i] + (shift ? (*shift)[i] : 0));
    return sum;
  });
}

}  // namespace lacuna
