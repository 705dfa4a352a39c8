#include "deconvolve/deconvolve_results.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "deconvolve/expected_deviance.hpp"

namespace lacuna {

void judge(const ImagingModel& model, const DeconvolveOptions& options, DeconvolveResults& results) {
  Estimate& e = results.estimate;
  const double count = static_cast<double>(model.noise->dataCount());
  e.deviance = model.noise->deviance(e.mean) / count;
  e.expectedDeviance = expectedDeviance(model, options, e.mean) / count;
  const ScratchVec weights = model.data.cube.space().scratch();
  model.noise->weights(e.mean, Curvature::Fisher, weights);
  results.residual = standardisedResidual(model.data, e.mean, weights);
  results.fluxIn = fluxIn(model.data);
  results.fluxOut = frameSums(model.unknown, e.x);
}

VecHandle standardisedResidual(const ImagingData& data, Vec mean, Vec weights) {
  VecHandle r = data.cube.space().vec();
  const ReadLocal y(data.counts), mu(mean), w(weights);
  const auto mask = data.mask ? std::make_unique<ReadLocal>(data.mask) : nullptr;
  const WriteLocal out(r);
  for (PetscInt i = 0; i < out.size(); ++i)
    out[i] = mask && (*mask)[i] == 0 ? std::nan("") : (y[i] - mu[i]) * std::sqrt(w[i]);
  return r;
}

void writeImages(Product& product, const ImagingModel& model, const DeconvolveResults& results,
                 const ProductStack& stack) {
  const ImagingData& data = model.data;
  product.stack(data.cube, model.dataWindow(), stack);
  const auto image = [&](const char* name, Vec x, const char* units, const char* longName) {
    if (x) product.map(name, model.unknown, model.unknownWindow(), 0, x, units, longName);
  };
  const auto datum = [&](const char* name, Vec x, const char* units, const char* longName) {
    if (x) product.map(name, data.cube, model.dataWindow(), 0, x, units, longName);
  };
  const Estimate& e = results.estimate;
  image("estimate", e.x, "count", "estimate, per unit of exposure");
  image("std", results.std, "count", "posterior standard deviation of the estimate; NaN where it is held at 0");
  image("active", e.active, "1", "1 where the estimate is held at 0");
  datum("data", data.counts, "count", "data as counts, (data - offset) / gain");
  datum("model", e.mean, "count", "expected counts, exposure * (blurred estimate) + background");
  datum("residual", results.residual, "1", "(data - model) / sd; NaN where masked");
  datum("mask", data.mask, "1", "not 0 where the data are used");
  H5Writer& h5 = product.file();
  std::vector<double> times = stack.times;
  for (std::size_t t = times.size(); t < results.fluxIn.size(); ++t)
    times.push_back(static_cast<double>(stack.firstFrame) + static_cast<double>(t));
  h5.writeValues("series/time_in", times, stack.timeUnits, "time of a frame of the data");
  times.resize(results.fluxOut.size());
  h5.writeValues("series/time_out", times, stack.timeUnits, "time of a frame of the estimate");
  h5.writeValues("series/flux_in", results.fluxIn, "count",
                 "sum of (data - background) / exposure over the pixels used");
  h5.writeValues("series/flux_out", results.fluxOut, "count", "sum of the estimate");
}

std::vector<Progress> historyOf(const RunLog& log, const Estimate& estimate) {
  std::vector<Progress> all;
  for (const std::string& solver : estimate.solvers) {
    const std::vector<Progress>& part = log.history(solver);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

void writeNotes(Product& product, const ImagingModel& model, const DeconvolveResults& results) {
  const Estimate& e = results.estimate;
  product.note("method", e.method);
  product.note("stopped", e.reason);
  product.note("blur", model.blurText);
  product.note("summary", results.summary());
  const std::array<PetscInt, 3> offset = model.convolution ? model.convolution->offset() : std::array<PetscInt, 3>{};
  product.note("estimate_offset", fmt::format("data pixel (0, 0, 0) is pixel ({}, {}, {}) of the estimate (z, y, x)",
                                              offset[0], offset[1], offset[2]));
  H5Writer& h5 = product.file();
  const std::pair<const char*, double> numbers[]{{"energy", e.energy},
                                                 {"data_energy", e.dataEnergy},
                                                 {"prior_energy", e.priorEnergy},
                                                 {"gap", e.gap},
                                                 {"kkt_residual", e.kkt},
                                                 {"kkt_slack", e.slack},
                                                 {"deviance_per_datum", e.deviance},
                                                 {"expected_deviance_per_datum", e.expectedDeviance}};
  for (const auto& [name, value] : numbers) h5.attribute("notes", name, value);
  if (e.strength) h5.attribute("notes", "strength", *e.strength);
}

std::string DeconvolveResults::summary() const {
  const Estimate& e = estimate;
  std::string out = e.method + ": " + e.reason;
  if (e.iterations > 0) out += fmt::format(" after {} iterations", e.iterations);
  if (!std::isnan(e.energy))
    out += fmt::format("\nenergy {:.6f} nats = {:.6f} data + {:.6f} priors", e.energy, e.dataEnergy, e.priorEnergy);
  if (std::isinf(e.gap)) out += "; how far above the minimum is not known";
  if (std::isfinite(e.gap)) out += fmt::format("; about {:.2g} nats above the minimum (an estimate, no bound)", e.gap);
  if (!std::isnan(e.kkt)) out += fmt::format("\nKKT residual {:.2g} (norm of the projected gradient", e.kkt);
  if (!std::isnan(e.slack)) out += fmt::format("; multipliers leave {:.2g} nats", e.slack);
  if (!std::isnan(e.kkt)) out += ")";
  if (!std::isnan(e.deviance)) {
    out += fmt::format("\ndeviance per datum {:.4f}", e.deviance);
    if (!std::isnan(e.expectedDeviance))
      out += fmt::format(", of noise alone {:.4f}: {}", e.expectedDeviance,
                         e.deviance > 1.05 * e.expectedDeviance
                             ? "the model does not explain all (or is smoothed too much)"
                         : e.deviance < 0.8 * e.expectedDeviance ? "noise is being fitted"
                                                                 : "as it should be");
  }
  if (e.strength) out += fmt::format("\nstrength of the prior, from the data: {:.6g}", *e.strength);
  const auto total = [](const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); };
  out += fmt::format("\nflux in {:.6g}, out {:.6g}", total(fluxIn), total(fluxOut));
  for (const std::string& note : e.notes) out += "\n" + note;
  return out;
}

}  // namespace lacuna
