#include "deconvolve/estimate_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "deconvolve/expected_deviance.hpp"
#include "deconvolve/map_route.hpp"
#include "deconvolve/spectral_route.hpp"
#include "deconvolve/strength.hpp"
#include "solvers/richardson_lucy.hpp"

namespace lacuna {
namespace {

constexpr double looseRtol = 1e-4;  ///< of the solves that look for a strength

double meanOf(Vec x) {
  PetscScalar sum = 0;
  PetscInt n = 0;
  check(VecSum(x, &sum));
  check(VecGetSize(x, &n));
  return sum / static_cast<double>(n);
}

void tell(Observer* observer, int solve, double strength, double ratio) {
  if (!observer) return;
  Progress p;
  p.solver = "strength";
  p.iteration = solve;
  p.chi2PerDatum = ratio;
  p.gradientNorm = strength;
  observer->iteration(p);
}

Estimate mapEstimate(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                     Observer* observer) {
  const VecHandle x = flatStart(model);
  const double level = std::abs(meanOf(x));
  const MapRoute route(model, priors, options, level);
  std::optional<FoundStrength> found;
  if (priors.automatic()) {
    const bool quadratic = priors.space.kind == SpacePrior::Kind::Smooth && !priors.space.strength;
    StrengthSearch search;
    search.typical = priors.space.onLog ? 1 : quadratic ? 1 / (level * level) : 1 / level;
    search.tolerance = std::max(0.1 * std::sqrt(2.0 / static_cast<double>(model.noise->dataCount())), 1e-4);
    const VecHandle mean = model.data.cube.space().vec();
    int solve = 0;
    found = findStrength(search, [&](double strength) {
      route.solve(strength, std::max(looseRtol, options.rtol), x, nullptr);
      model.mean->apply(x, mean);
      const double ratio = model.noise->deviance(mean) / expectedDeviance(model, options, mean);
      tell(observer, ++solve, strength, ratio);
      return ratio;
    });
  }
  const double strength = found ? found->strength : 0;
  Estimate e = route.solve(strength, options.rtol, x, observer);
  route.finish(strength, x, e);
  if (!found) return e;
  e.strength = found->strength;
  e.notes.push_back(
      found->bracketed
          ? fmt::format("the strength was found in {} solves, where the deviance is {:.4f} of that of noise",
                        found->solves, found->ratio)
          : fmt::format(
                "warning: no strength makes the deviance that of noise; at the nearest one that was tried it is "
                "{:.4f} of it",
                found->ratio));
  return e;
}

Estimate richardsonLucyEstimate(const ImagingModel& model, const DeconvolveOptions& options, Observer* observer) {
  const ImagingData& d = model.data;
  const RichardsonLucy method(model.blur, d.counts, d.exposure, d.background, d.mask);
  Estimate e;
  e.x = flatStart(model);
  e.mean = d.cube.space().vec();
  const RichardsonLucyResult r =
      method.solve(e.x, {.iterations = options.iterations, .accelerate = options.acceleration}, observer);
  static_cast<Stopped&>(e) = r;
  model.mean->apply(e.x, e.mean);
  e.energy = e.dataEnergy = model.noise->value(e.mean);
  e.priorEnergy = 0;
  e.solvers.push_back("richardson-lucy");
  e.method = options.acceleration ? "Richardson-Lucy, accelerated" : "Richardson-Lucy";
  return e;
}

}  // namespace

Estimate estimateImage(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                       Observer* observer) {
  switch (options.method) {
    case DeconvolveMethod::Wiener:
    case DeconvolveMethod::PseudoInverse:
      return spectralEstimate(model.data, model.unknown, model.convolution->psfs(), priors.space, options);
    case DeconvolveMethod::RichardsonLucy:
      return richardsonLucyEstimate(model, options, observer);
    case DeconvolveMethod::Map:
      break;
  }
  return mapEstimate(model, priors, options, observer);
}

}  // namespace lacuna
