#include "deconvolve/estimate_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/stage.hpp"
#include "deconvolve/expected_deviance.hpp"
#include "deconvolve/map_route.hpp"
#include "deconvolve/spectral_route.hpp"
#include "deconvolve/strength.hpp"
#include "solvers/richardson_lucy.hpp"

namespace lacuna {
namespace {

using StartEnergy = std::function<double(double strength)>;  ///< of the flat start

/// Of the solves that look for a strength: what tells deviances apart that differ by `tolerance`, of what the flat
/// start has to go. Half the deviance is in nats.
double searchRtol(const ImagingModel& model, const DeconvolveOptions& options, double tolerance) {
  constexpr double loose = 1e-4, part = 0.3;
  const VecHandle x = flatStart(model), mean = model.data.cube.space().vec();
  model.mean->apply(x, mean);
  const double expected = expectedDeviance(model, options, mean), way = model.noise->deviance(mean) - expected;
  return way > 0 ? std::clamp(part * tolerance * expected / way, std::min(options.rtol, loose), loose) : loose;
}

double meanOf(Vec x) {
  PetscScalar sum = 0;
  PetscInt n = 0;
  check(VecSum(x, &sum));
  check(VecGetSize(x, &n));
  return sum / static_cast<double>(n);
}

/// No pixel of x below what the noise of one datum amounts to. Beside a background E(exp(s)) is not convex: data below
/// it take the logarithms down to where all is flat, and pixels that began there would not come back.
void liftToNoise(const ImagingModel& model, Vec x) {
  const Space& space = model.data.cube.space();
  const ScratchVec light = space.scratch(), mean = space.scratch(), weights = space.scratch(),
                   ones = model.unknown.space().scratch();
  check(VecSet(ones, 1));
  model.seen->apply(ones, light);
  model.mean->apply(x, mean);
  model.noise->weights(mean, Curvature::Fisher, weights);
  double mine[2] = {0, 0}, all[2];
  {
    const ReadLocal l(light), w(weights);
    for (PetscInt i = 0; i < l.size(); ++i) {
      const double precision = w[i] * l[i] * l[i];
      if (!(precision > 0) || !std::isfinite(precision)) continue;
      mine[0] += 1;
      mine[1] += precision;
    }
  }
  checkMpi(MPI_Allreduce(mine, all, 2, MPI_DOUBLE, MPI_SUM, space.comm()));
  if (!(all[1] > 0)) return;
  const double least = std::sqrt(all[0] / all[1]);
  const WriteLocal v(x);
  for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::max(v[i], least);
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

/// The strength that the data ask for. Solves that an earlier run has made are not made again: the search takes the
/// same way with their ratios.
FoundStrength searchStrength(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                             const MapRoute& route, double level, const StartEnergy& startEnergy, Vec x,
                             Observer* observer) {
  const bool quadratic = priors.space.kind == SpacePrior::Kind::Smooth && !priors.space.strength;
  StrengthSearch search;
  search.typical = priors.space.onLog ? 1 : quadratic ? 1 / (level * level) : 1 / level;
  search.tolerance = std::max(0.1 * std::sqrt(2.0 / static_cast<double>(model.noise->dataCount())), 1e-4);
  const double rtol = searchRtol(model, options, search.tolerance);
  const VecHandle mean = model.data.cube.space().vec();
  std::vector<double> ratios;  // of the solves so far
  const Stage stage(observer, "strength", State().field("x", model.unknown.space(), x).value("ratios", ratios));
  Quiet quiet(observer);
  std::size_t solve = 0;
  return findStrength(search, [&](double strength) {
    if (solve < ratios.size()) return ratios[solve++];
    route.solve(strength, rtol, x, &quiet, startEnergy(strength));
    model.mean->apply(x, mean);
    ratios.push_back(model.noise->deviance(mean) / expectedDeviance(model, options, mean));
    tell(observer, static_cast<int>(++solve), strength, ratios.back());
    return ratios.back();
  });
}

Estimate mapEstimate(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                     Observer* observer) {
  Estimate e;
  e.x = flatStart(model);
  const double level = std::abs(meanOf(e.x));
  const auto lift = [&](Vec x) {
    if (options.positivity == Positivity::Exponential) liftToNoise(model, x);
  };
  lift(e.x);
  const MapRoute route(model, priors, options, level);
  const StartEnergy startEnergy = [&](double strength) {
    const VecHandle start = flatStart(model);
    lift(start);
    const double energy = route.energyOf(strength, start);
    return std::isfinite(energy) ? energy : Progress::none;
  };
  {
    Stage stage(observer, "estimate", e.state(model.unknown.space()));
    stage.once([&] {
      const bool found = e.search.solves > 0;  // by an earlier run
      if (priors.automatic() && !found)
        e.search = searchStrength(model, priors, options, route, level, startEnergy, e.x, observer);
      Estimate made = route.solve(e.search.strength, options.rtol, e.x, observer,
                                  priors.automatic() ? startEnergy(e.search.strength) : Progress::none);
      made.x = std::move(e.x);
      made.search = e.search;
      e = std::move(made);
    });
  }
  route.finish(e.search.strength, e);
  if (options.positivity == Positivity::Exponential)
    e.notes.emplace_back(
        "positivity exp: the energy need not be convex in the logarithm; this is a minimum below the start, and the "
        "gap that to the bottom of a parabola there");
  if (e.search.solves == 0) return e;
  e.strength = e.search.strength;
  const FoundStrength& f = e.search;
  if (!f.bracketed)
    e.notes.push_back(fmt::format(
        "warning: no strength makes the deviance that of noise; at the nearest one that was tried it is {:.4f} of it",
        f.ratio));
  else if (!f.met)
    e.notes.push_back(fmt::format(
        "warning: the search for the strength ended after {} solves where the deviance is {:.4f} of that of noise: "
        "solves that differ more than the strengths do; a smaller rtol, more iterations or another algorithm may help",
        f.solves, f.ratio));
  else
    e.notes.push_back(fmt::format("the strength was found in {} solves, where the deviance is {:.4f} of that of noise",
                                  f.solves, f.ratio));
  return e;
}

Estimate richardsonLucyEstimate(const ImagingModel& model, const DeconvolveOptions& options, Observer* observer) {
  const ImagingData& d = model.data;
  const RichardsonLucy method(model.blur, d.counts, d.exposure, d.background, d.mask, d.level);
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
