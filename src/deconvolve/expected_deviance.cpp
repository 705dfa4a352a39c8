#include "deconvolve/expected_deviance.hpp"

#include <array>
#include <cmath>

namespace lacuna {

namespace {

/// From here on the expansion in 1/mu.
constexpr double bright = 30;
/// From here on straight lines between nodes of 1/64, right to 1e-4; below, the sum is short.
constexpr double faint = 0.25, nodes = 64;

/// 2 sum_y p(y; mu) (mu - y + y ln(y / mu)).
double bySummation(double mu) {
  constexpr int most = 108;  // bright + 12 sqrt(bright) + 12
  static const auto logarithms = [] {
    std::array<double, most + 1> ln{};
    for (int y = 1; y <= most; ++y) ln[static_cast<std::size_t>(y)] = std::log(y);
    return ln;
  }();
  const double lnMu = std::log(mu);
  double p = std::exp(-mu), sum = p * mu;  // y = 0
  const int last = static_cast<int>(mu + 12 * std::sqrt(mu) + 12);
  for (int y = 1; y <= last; ++y) {
    p *= mu / y;
    sum += p * (mu - y + y * (logarithms[static_cast<std::size_t>(y)] - lnMu));
  }
  return 2 * sum;
}

}  // namespace

double expectedPoissonDeviance(double mu) {
  if (!(mu > 0)) return 0;
  if (mu >= bright) return 1 + (1 + 1 / mu) / (6 * mu);
  if (mu < faint) return bySummation(mu);
  static const auto table = [] {
    std::array<double, static_cast<std::size_t>((bright - faint) * nodes) + 2> t{};
    for (std::size_t i = 0; i < t.size(); ++i) t[i] = bySummation(faint + static_cast<double>(i) / nodes);
    return t;
  }();
  const double at = (mu - faint) * nodes;
  const auto i = static_cast<std::size_t>(at);
  return table[i] + (at - static_cast<double>(i)) * (table[i + 1] - table[i]);
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
