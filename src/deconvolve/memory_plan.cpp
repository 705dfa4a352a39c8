#include "deconvolve/memory_plan.hpp"

#include "deconvolve/spectral_route.hpp"
#include "grid/fft.hpp"

namespace lacuna {

MemoryPlan planDeconvolve(const Cube& data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const ImagingPriors& priors, const DeconvolveOptions& options) {
  const std::int64_t datum = 8 * data.box().size(), image = 8 * unknown.box().size();
  std::int64_t psf = 0;
  for (const Psf& p : psfs) psf += 16 * static_cast<std::int64_t>(p.values.size());
  MemoryPlan plan;
  plan.items = {{"data, mask, exposure, background, noise", 7 * datum},
                {"point-spread functions", psf},
                {"blur: buffers", 4 * (datum + image)},
                {"estimate, model, residual", image + 2 * datum}};
  const auto add = [&](const std::string& what, std::int64_t bytes) { plan.items.push_back({what, bytes}); };
  if (options.method == DeconvolveMethod::Wiener || options.method == DeconvolveMethod::PseudoInverse) {
    const Cube padded = paddedCube(data, options.pad);
    const std::int64_t modes = 8 * static_cast<std::int64_t>(Modes(padded).perPlane());
    add("Fourier work buffers", Fft::bytes(padded));
    add("extended data and estimate", 3 * 8 * padded.box().size());
    add("transfer function, weights, spectra", 8 * modes);
  } else if (options.method == DeconvolveMethod::RichardsonLucy) {
    add("Richardson-Lucy", 4 * image + 2 * datum);
    add("a checkpoint, while it is written", 2 * image);
  } else {
    add("solver", 17 * image + 4 * datum);
    add("a checkpoint, while it is written", 3 * image);
    if (priors.space.kind != SpacePrior::Kind::None || priors.time.kind != TimePrior::Kind::None)
      add("priors", 3 * image);
    if (options.samples > 1) add("samples and their moments", 10 * image + 2 * datum);
  }
  return plan;
}

}  // namespace lacuna
