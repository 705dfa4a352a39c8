#include "config/build_priors.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"
#include "config/rules.hpp"
#include "priors/spectral_range.hpp"
#include "priors/spectrum.hpp"

namespace lacuna {
namespace {

using Spacing = std::array<double, 3>;  ///< distances of neighbours along z, y, x

/// Radians per unit of the spacing.
double wavenumber(const Mode& mode, const Spacing& spacing) {
  return 2 * std::numbers::pi * std::hypot(mode.fz / spacing[0], mode.fy / spacing[1], mode.fx / spacing[2]);
}

int dimensions(const Shape& s) { return (s.nz > 1) + (s.ny > 1) + (s.nx > 1); }

/// Power of this shape whose mean over the modes of the grid is sd^2. Collective.
Transfer powerOf(const Cube& cube, double sd, const Transfer& shape) {
  const Modes modes(cube);
  const std::vector<double> share = modes.share();
  double mine = 0, all = 0;
  modes.forEach([&](const Mode& mode) { mine += 2 * share[static_cast<std::size_t>(mode.local)] * shape(mode); });
  checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, cube.grid().space()));
  const double scale = sd * sd * static_cast<double>(cube.shape().pixels()) / all;
  return [=](const Mode& mode) { return scale * shape(mode); };
}

/// Matern, P(k) ~ (2 nu / L^2 + k^2)^(-nu - d/2), so that the mean over the modes of the grid is sd^2. Collective.
Transfer maternPower(const Cube& cube, double sd, double length, double nu, const Spacing& spacing) {
  const double kappa2 = 2 * nu / (length * length), exponent = -nu - 0.5 * dimensions(cube.shape());
  return powerOf(cube, sd, [=](const Mode& mode) {
    return std::pow(1 + std::pow(wavenumber(mode, spacing), 2) / kappa2, exponent);
  });
}

/// Collective.
Transfer spectrumPower(MPI_Comm comm, const std::string& path, const Spacing& spacing) {
  SpectrumTable table;
  onRankZero(comm, [&] { table = readSpectrum(path); });
  long long rows = static_cast<long long>(table.ell.size());
  checkMpi(MPI_Bcast(&rows, 1, MPI_LONG_LONG, 0, comm));
  for (auto* column : {&table.ell, &table.power}) {
    column->resize(static_cast<std::size_t>(rows));
    checkMpi(MPI_Bcast(column->data(), static_cast<int>(rows), MPI_DOUBLE, 0, comm));
  }
  return [table, spacing](const Mode& mode) { return table(wavenumber(mode, spacing)); };
}

std::optional<double> optionalNumber(const Inputs& in, const std::string& key) {
  return in.has(key) && !in.isText(key) ? std::optional(in.number(key)) : std::nullopt;
}
std::string strengthText(const std::optional<double>& strength) {
  return strength ? fmt::format("strength {:.6g}", *strength) : "strength from the data";
}

/// Distances along z, y, x in units of that along x; 1 where the key is not given or has no meaning.
Spacing spacing(const Inputs& in, const std::string& key, const Shape& shape) {
  Spacing all{1, 1, 1};
  if (!in.counts(key) || !in.has(key)) return all;
  const auto& given = in.numbers(key);
  const std::size_t axes = shape.nz > 1 ? 3 : shape.ny > 1 ? 2 : 1;
  if (given.size() != axes) throw in.bad(key, fmt::format("{} distances; these data have {} axes", given.size(), axes));
  for (std::size_t i = 0; i < axes; ++i) all[3 - axes + i] = given[i] / given.back();
  return all;
}

SpacePrior buildSpace(MPI_Comm comm, const Inputs& in, const Cube& unknown, std::vector<std::string>& notes) {
  using Kind = SpacePrior::Kind;
  SpacePrior p;
  const std::string& kind = in.text("prior.space.kind");
  if (kind == "none") return p;
  if (in.counts("prior.space.strength")) p.strength = optionalNumber(in, "prior.space.strength");
  p.onLog = spacePriorOnLog(in);
  const std::string on = p.onLog ? " of the logarithm" : "";
  p.spacing = spacing(in, "prior.space.spacing", unknown.shape());
  if (kind == "smooth") {
    p.kind = Kind::Smooth;
    p.order = static_cast<int>(in.integer("prior.space.order"));
    notes.push_back(fmt::format("space: {}{}, {}",
                                p.order == 1 ? "squared differences of neighbours" : "squared Laplacian", on,
                                strengthText(p.strength)));
  } else if (kind == "gaussian") {
    p.kind = Kind::Gaussian;
    p.mean = in.number("prior.space.mean");
    if (in.has("prior.space.spectrum")) {
      p.power = spectrumPower(comm, in.path("prior.space.spectrum").string(), p.spacing);
      notes.push_back("space: Gaussian field" + on + ", spectrum " + in.path("prior.space.spectrum").string());
    } else {
      const double sd = in.number("prior.space.sd"), length = in.number("prior.space.correlation_px"),
                   nu = in.number("prior.space.smoothness");
      p.power = maternPower(unknown, sd, length, nu, p.spacing);
      notes.push_back(fmt::format("space: Gaussian field{}, sd {:.6g}, correlation {:.6g} px, smoothness {:.6g}", on,
                                  sd, length, nu));
    }
    p.still = hasStillModes(unknown, p.power);
  } else if (kind == "total_variation") {
    p.kind = Kind::TotalVariation;
    notes.push_back("space: total variation, " + strengthText(p.strength));
  } else if (kind == "starlet") {
    p.kind = Kind::Starlet;
    p.scales = static_cast<int>(in.integer("prior.space.scales"));
    notes.push_back(fmt::format("space: l1 of {} starlet scales, {}", p.scales, strengthText(p.strength)));
  } else {
    p.kind = Kind::Entropy;
    p.level = optionalNumber(in, "prior.space.level");
    notes.push_back("space: entropy, " + strengthText(p.strength));
  }
  return p;
}

TimeChain buildChain(const Inputs& in, std::size_t frames, const std::vector<double>& times) {
  const double sd = in.number("prior.time.sd");
  const auto mean = optionalNumber(in, "prior.time.initial_mean"), first = optionalNumber(in, "prior.time.initial_sd");
  if (in.text("prior.time.kind") == "random_walk")
    return randomWalk(frames, sd, mean.value_or(0), first.value_or(std::numeric_limits<double>::infinity()), times);
  TimeChain chain = ar1(frames, sd, in.number("prior.time.correlation_frames"), in.number("prior.time.mean"), times);
  if (mean) chain.initialMean = *mean;
  if (first) chain.initialSd = *first;
  return chain;
}

TimePrior buildTime(MPI_Comm comm, const Inputs& in, const Cube& unknown, const std::vector<double>& times,
                    std::vector<std::string>& notes) {
  using Kind = TimePrior::Kind;
  TimePrior p;
  const std::string& kind = in.text("prior.time.kind");
  if (kind == "none") return p;
  const auto frames = static_cast<std::size_t>(unknown.shape().frames);
  if (kind == "gamma") {
    p.kind = Kind::Gamma;
    p.shape = in.number("prior.time.shape");
    p.initialShape = in.number("prior.time.initial_shape");
    p.initialMean = optionalNumber(in, "prior.time.initial_mean");
    notes.push_back(fmt::format("time: gamma-Markov chain, shape {:.6g}", p.shape));
  } else if (kind == "total_variation") {
    p.kind = Kind::TotalVariation;
    p.strength = optionalNumber(in, "prior.time.strength");
    notes.push_back("time: total variation, " + strengthText(p.strength));
  } else {
    p.kind = Kind::Chain;
    p.onLog = in.text("prior.time.on") == "log";
    p.chain = buildChain(in, frames, times);
    const std::string& innovations = in.text("prior.time.innovations");
    const Spacing distances = spacing(in, "prior.time.spacing", unknown.shape());
    if (innovations == "matern")
      p.power = maternPower(unknown, 1, in.number("prior.time.correlation_px"), in.number("prior.time.smoothness"),
                            distances);
    else if (innovations == "spectrum")
      p.power = powerOf(unknown, 1, spectrumPower(comm, in.path("prior.time.spectrum").string(), distances));
    notes.push_back(
        fmt::format("time: {}{}, sd {:.6g}, first frame {:.6g} +- {:.6g}, innovations {}",
                    kind == "ar1" ? fmt::format("AR(1) over {:.6g} frames", in.number("prior.time.correlation_frames"))
                                  : "random walk",
                    p.onLog ? " of the logarithm" : "", in.number("prior.time.sd"), p.chain->initialMean,
                    p.chain->initialSd, innovations));
  }
  return p;
}

}  // namespace

bool ImagingPriors::automatic() const {
  using S = SpacePrior::Kind;
  const bool space1 = space.kind != S::None && space.kind != S::Gaussian && !space.strength;
  return space1 || (time.kind == TimePrior::Kind::TotalVariation && !time.strength);
}

ImagingPriors buildPriors(MPI_Comm comm, const Inputs& in, const Cube& unknown, const std::vector<double>& times) {
  ImagingPriors priors;
  priors.space = buildSpace(comm, in, unknown, priors.notes);
  priors.time = buildTime(comm, in, unknown, times, priors.notes);
  if (solvedPositivity(in) != wantedPositivity(in))
    priors.notes.push_back("positivity: no prior is of the logarithm, so that \"exp\" is the same as \"bound\"");
  return priors;
}

}  // namespace lacuna
