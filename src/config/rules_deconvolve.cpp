#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "config/rules.hpp"
#include "config/utf8.hpp"

namespace lacuna {
namespace {

constexpr std::size_t spatialAxes = 3;

void checkAxes(const Inputs& in) {
  if (!in.has("data.axes")) return;
  const std::string& axes = in.text("data.axes");
  const std::string known = "tczyx";
  std::set<char> seen;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const char c = axes[i];
    if (known.find(c) == std::string::npos)
      throw in.bad("data.axes", fmt::format("'{}' is no axis: use the letters t, c, z, y, x, in stored order",
                                            axes.substr(i, std::max<std::size_t>(utf8Length(axes.substr(i)), 1))));
    if (!seen.insert(c).second) throw in.bad("data.axes", fmt::format("the axis {} stands twice", c));
  }
  if (!seen.contains('x')) throw in.bad("data.axes", "there is no axis x");
  if (seen.contains('z') && !seen.contains('y')) throw in.bad("data.axes", "an axis z needs an axis y");
}

void checkWhole(const Inputs& in, const char* key) {
  if (!in.has(key) || in.isText(key)) return;
  for (const double value : in.numbers(key))
    if (value != std::trunc(value)) throw in.bad(key, "must be whole numbers");
}

void checkSelection(const Inputs& in) {
  for (const char* key : {"data.frames", "data.roi", "psf.center"})
    if (findKey(in.program(), key)) checkWhole(in, key);
  for (const char* key : {"data.frames", "data.roi"}) {
    if (!findKey(in.program(), key) || !in.has(key)) continue;
    const auto& ends = in.numbers(key);
    if (ends.empty() || ends.size() % 2 != 0 || ends.size() > 2 * spatialAxes)
      throw in.bad(key, "must be [x0, x1], [y0, y1, x0, x1] or [z0, z1, y0, y1, x0, x1]");
    for (std::size_t i = 0; i < ends.size(); i += 2)
      if (ends[i] >= ends[i + 1])
        throw in.bad(key, fmt::format("nothing lies between {} and {} (the end is not taken)", ends[i], ends[i + 1]));
  }
  if (!in.has("data.times")) return;
  const auto& times = in.numbers("data.times");
  for (std::size_t i = 1; i < times.size(); ++i)
    if (!(times[i] > times[i - 1]))
      throw in.bad("data.times", fmt::format("must rise strictly: entry {} is {} after {}", i, times[i], times[i - 1]));
}

void checkPsf(const Inputs& in) {
  const std::string& kind = in.text("psf.kind");
  const bool sigma = in.has("psf.sigma_px"), fwhm = in.has("psf.fwhm_px");
  if (kind == "gaussian" && sigma == fwhm)
    throw in.bad(sigma ? "psf.sigma_px" : "psf.kind",
                 sigma ? "fwhm_px is given too: give one of them" : "give sigma_px or fwhm_px");
  if (kind == "moffat" && !fwhm) throw in.bad("psf.kind", "give fwhm_px");
  if (kind == "moffat" && in.numbers("psf.fwhm_px").size() != 1)
    throw in.bad("psf.fwhm_px", "must be one number: this profile is round");
  for (const char* key : {"psf.sigma_px", "psf.fwhm_px"})
    if (in.has(key) && in.numbers(key).size() > spatialAxes)
      throw in.bad(key, "must be one number, or one an axis: [y, x] or [z, y, x]");
  if (kind == "file" && !in.isText("psf.center") &&
      (in.numbers("psf.center").empty() || in.numbers("psf.center").size() > spatialAxes))
    throw in.bad("psf.center", "must be [y, x] or [z, y, x]");
  for (const char* key : {"psf.size_px", "psf.planes"})
    if (in.has(key) && in.integer(key) % 2 == 0)
      throw in.bad(key, "must be odd, so that there is a pixel in the middle");
  if (kind == "microscope" && in.number("psf.numerical_aperture") >= in.number("psf.refractive_index"))
    throw in.bad("psf.numerical_aperture",
                 fmt::format("must be below the refractive index, {}", in.number("psf.refractive_index")));
}

void checkNoise(const Inputs& in) {
  const std::string& noise = in.text("model.noise");
  if (noise == "gaussian" && !in.has("model.noise_sd"))
    throw in.bad("model.noise", "give noise_sd, the standard deviation of the noise");
  if (in.has("model.ceiling") && in.number("model.ceiling") != std::trunc(in.number("model.ceiling")))
    throw in.bad("model.ceiling", "must be a whole number");
  if (noise == "poisson-gaussian" && !in.has("data.read_noise"))
    throw in.bad("model.noise", "give [data] read_noise, in counts");
  for (const char* key : {"data.mask", "data.exposure", "data.background", "data.gain", "data.offset",
                          "data.read_noise", "model.noise_sd"})
    if (std::string_view(key) != "data.mask" && in.has(key) && in.isText(key) && in.text(key).empty())
      throw in.bad(key, "must not be empty");
}

void checkPriors(const Inputs& in) {
  const std::string &space = in.text("prior.space.kind"), &time = in.text("prior.time.kind");
  const std::string positivity = wantedPositivity(in);
  const bool exponential = positivity == "exp";
  for (const char* key : {"prior.space.sd", "prior.space.correlation_px", "prior.space.smoothness"})
    if (in.counts(key) && in.given(key) && in.given("prior.space.spectrum"))
      throw in.bad(key, "spectrum is given too, which says it all");
  for (const auto& [key, kind] : {std::pair{"prior.space.on", space}, std::pair{"prior.time.on", time}})
    if (in.counts(key) && in.has(key) && in.text(key) == "log" && !exponential)
      throw in.bad(key, "a prior on the logarithm needs [solver] positivity = \"exp\"");
  for (const char* key : {"prior.space.spacing", "prior.time.spacing"})
    if (in.counts(key) && in.has(key) && (in.numbers(key).empty() || in.numbers(key).size() > spatialAxes))
      throw in.bad(key, "must be [x], [y, x] or [z, y, x]");
  if (space == "entropy" && positivity == "none")
    throw in.bad("prior.space.kind",
                 "entropy is defined for positive images: [solver] positivity must not be \"none\"");
  if (time == "gamma" && positivity == "none")
    throw in.bad("prior.time.kind", "gamma is defined for positive images: [solver] positivity must not be \"none\"");
  const auto automatic = [&](const char* key) { return in.counts(key) && in.has(key) && in.isText(key); };
  if (automatic("prior.space.strength") && automatic("prior.time.strength"))
    throw in.bad("prior.time.strength", "only one strength can be found from the data: give the other one");
  if (in.program() == Program::Deconvolve && in.text("model.epochs") == "stack" && time != "none")
    throw in.bad("prior.time.kind", "[model] epochs = \"stack\" has one image, so nothing changes in time");
}

/// Samples need a posterior that is a distribution: priors with a curvature, and nothing that neither they nor the data
/// determine.
void checkPosterior(const Inputs& in) {
  if (in.text("solver.method") != "map" || in.integer("posterior.samples") == 0) return;
  const char* key = "posterior.samples";
  const std::string &space = in.text("prior.space.kind"), &time = in.text("prior.time.kind");
  if (in.integer(key) == 1) throw in.bad(key, "a standard deviation needs 2 or more; 0: none");
  for (const auto& kind : {space, time})
    if (kind == "total_variation" || kind == "starlet" || kind == "entropy")
      throw in.bad(key, kind +
                            " is a penalty, not a distribution that can be perturbed: there are no samples of it. Use "
                            "smooth, gaussian, random_walk, ar1 or gamma, or samples = 0");
  if (space == "none" && time == "none")
    throw in.bad(key,
                 "without a prior the data leave the fine detail undetermined, so that there is no posterior to "
                 "draw from: give [prior.space] or [prior.time], or samples = 0");
  if (space == "none" && time == "random_walk" && !in.has("prior.time.initial_sd"))
    throw in.bad(key,
                 "a random walk that knows nothing of its first frame is no proper prior: give [prior.time] "
                 "initial_sd, or samples = 0");
}

void checkMethod(const Inputs& in) {
  const std::string &method = in.text("solver.method"), &noise = in.text("model.noise");
  const std::string &space = in.text("prior.space.kind"), &time = in.text("prior.time.kind");
  const std::string positivity = wantedPositivity(in);
  if (method == "map" && positivity == "none" && noise != "gaussian")
    throw in.bad("solver.positivity",
                 "counts have a mean that cannot be negative: use \"bound\" or \"exp\" with " + noise + " noise");
  if (method != "map" && (time != "none" || (method != "wiener" && space != "none")))
    throw in.bad(time != "none" ? "prior.time.kind" : "prior.space.kind",
                 "[solver] method = \"" + method + "\" knows no such prior: use method = \"map\"");
  if (method == "wiener") {
    if (noise != "gaussian") throw in.bad("model.noise", "the Wiener filter is that of noise = \"gaussian\"");
    if (space != "smooth" && space != "gaussian")
      throw in.bad("prior.space.kind", "the Wiener filter needs kind = \"smooth\" or \"gaussian\"");
    if (space == "smooth" && in.isText("prior.space.strength"))
      throw in.bad("prior.space.strength", "\"auto\" needs [solver] method = \"map\"");
    if (in.isText("model.noise_sd"))
      throw in.bad("model.noise_sd", "the Wiener filter needs the same noise everywhere");
  }
  if (method == "richardson-lucy" && noise != "poisson")
    throw in.bad("model.noise", "Richardson-Lucy is a method for noise = \"poisson\"");
  if (in.program() == Program::Solve) return;
  if (method == "wiener" || method == "pseudo-inverse") {
    if (!in.text("data.mask").empty())
      throw in.bad("data.mask", "a closed form in Fourier space has no mask: use [solver] method = \"map\"");
    for (const char* key : {"data.exposure", "data.background"})
      if (in.isText(key))
        throw in.bad(key, "a closed form in Fourier space takes numbers: use [solver] method = \"map\"");
    if (in.text("model.region") == "valid")
      throw in.bad("model.region", "a closed form in Fourier space gives the pixels of the data; pad adds to them");
  }
  if (in.text("model.boundary") == "periodic" && in.text("model.region") == "valid")
    throw in.bad("model.region", "a periodic image has no pixels beyond its edge");
}

}  // namespace

std::string wantedPositivity(const Inputs& in) {
  if (in.has("solver.positivity")) return in.text("solver.positivity");
  return in.text("model.noise") == "gaussian" ? "none" : "bound";
}

bool spacePriorOnLog(const Inputs& in) {
  if (!in.counts("prior.space.on")) return false;
  return in.has("prior.space.on") ? in.text("prior.space.on") == "log" : wantedPositivity(in) == "exp";
}

std::string solvedPositivity(const Inputs& in) {
  const std::string positivity = wantedPositivity(in);
  if (positivity != "exp") return positivity;
  const bool time =
      in.text("prior.time.kind") == "gamma" || (in.counts("prior.time.on") && in.text("prior.time.on") == "log");
  return spacePriorOnLog(in) || time ? "exp" : "bound";
}

void checkSolve(const Inputs& inputs) {
  checkAxes(inputs);
  checkSelection(inputs);
  checkNoise(inputs);
  checkPriors(inputs);
  checkMethod(inputs);
  checkPosterior(inputs);
  if (inputs.has("operator.shape")) {
    checkWhole(inputs, "operator.shape");
    const std::size_t axes = inputs.numbers("operator.shape").size();
    if (axes < 1 || axes > spatialAxes) throw inputs.bad("operator.shape", "must be [nx], [ny, nx] or [nz, ny, nx]");
  }
}

void checkDeconvolve(const Inputs& inputs) {
  checkAxes(inputs);
  checkSelection(inputs);
  checkPsf(inputs);
  checkNoise(inputs);
  checkPriors(inputs);
  checkMethod(inputs);
  checkPosterior(inputs);
}

}  // namespace lacuna
