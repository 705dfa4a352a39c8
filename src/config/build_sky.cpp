#include "config/build_sky.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "config/build_spectrum.hpp"
#include "priors/gaussian_field.hpp"
#include "survey/log_normal.hpp"
#include "survey/mock_streams.hpp"

namespace lacuna {

SkyMade drawSky(const Inputs& inputs, const std::shared_ptr<const Fft>& fft, Vec kappa) {
  const std::string& kind = inputs.text("sky.kind");
  const Cube& cube = fft->cube();
  if (kind == "none") {
    check(VecSet(kappa, 0));
    return {"no random part", {}, {}};
  }
  const double pixel = inputs.number("grid.pixel_arcmin") / 60 * std::numbers::pi / 180;
  const BuiltSpectrum spectrum = buildSpectrum(cube.comm(), inputs, "sky");
  const auto longest = static_cast<double>(std::max(cube.shape().nx, cube.shape().ny));
  SkyMade made;
  made.warning =
      spectrum.warning(2 * std::numbers::pi / (longest * pixel), std::numbers::sqrt2 * std::numbers::pi / pixel);
  if (inputs.has("sky.spectrum")) made.inputs.push_back(digestFile(cube.comm(), inputs.path("sky.spectrum").string()));

  Rng rng(static_cast<std::uint64_t>(inputs.integer("random.seed")), MockStream::sky);
  if (kind == "gaussian") {
    GaussianField(fft, spectrum.power, pixel).sample(rng, kappa);
    made.text = "Gaussian, " + spectrum.text;
    return made;
  }
  const double shift = inputs.number("sky.shift");
  const LogNormal model(
      *fft, [&](const Mode& m) { return spectrum.power(ellOf(m, pixel)) / (pixel * pixel); }, shift);
  const SpectralSynthesis draw(
      fft, {[&](const Mode& m) { return std::sqrt(model.gaussianPower()[static_cast<std::size_t>(m.local)]); }});
  const ScratchVec white = draw.domain().scratch();
  rng.normal(draw.domain(), white);
  draw.apply(white, kappa);
  model.transform(kappa);
  made.text =
      fmt::format("log-normal, kappa > -{}, {}; modes left out as negative: {:.2g} of the power of ln(kappa + {})",
                  shift, spectrum.text, model.clipped(), shift);
  return made;
}

}  // namespace lacuna
