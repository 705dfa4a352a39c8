#include "deconvolve/spectral_route.hpp"

#include <cmath>
#include <limits>

#include "grid/remap.hpp"
#include "operators/convolution.hpp"
#include "solvers/pseudo_inverse.hpp"

namespace lacuna {
namespace {

/// The one value that a vector has. Collective. Throws 78 if it has several.
double onlyValue(Vec x, const std::string& what) {
  PetscReal low = 0, high = 0;
  check(VecMin(x, nullptr, &low));
  check(VecMax(x, nullptr, &high));
  if (low != high)
    throw Error(ExitCode::BadConfig, what +
                                         " varies: a closed form in Fourier space needs the same everywhere; use "
                                         "[solver] method = \"map\" with noise = \"gaussian\"");
  return low;
}

/// Index of a pixel of the padded cube in the cube, before reflection.
std::array<PetscInt, 3> shiftOf(const Shape& s, PetscInt pad) {
  return {s.nz > 1 ? pad : 0, s.ny > 1 ? pad : 0, s.nx > 1 ? pad : 0};
}

}  // namespace

Cube paddedCube(const Cube& cube, PetscInt pad) {
  if (pad == 0) return cube;
  Shape s = cube.shape();
  for (PetscInt* n : {&s.nz, &s.ny, &s.nx})
    if (*n > 1) *n += 2 * pad;
  return Cube(cube.gridPointer(), s);
}

Estimate spectralEstimate(const ImagingData& data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const SpacePrior& prior, const DeconvolveOptions& options) {
  const Cube padded = paddedCube(data.cube, options.pad);
  const Shape& s = data.cube.shape();
  const std::array<PetscInt, 3> n{s.nz, s.ny, s.nx}, shift = shiftOf(s, options.pad);
  const auto at = [](int axis) { return static_cast<std::size_t>(axis); };
  const Remap extend(data.cube, padded,
                     [&](int axis, PetscInt i) { return reflected(std::int64_t{i} - shift[at(axis)], n[at(axis)]); });

  // 1. The data in units of the estimate, and the variance of their noise.
  const double exposure = data.exposure ? onlyValue(data.exposure, "the exposure") : 1;
  if (!(exposure > 0)) throw Error(ExitCode::BadData, "the exposure is 0: the data hold nothing of the image");
  const ScratchVec y = data.cube.space().scratch();
  check(VecCopy(data.counts, y));
  check(data.background ? VecAXPY(y, -1, data.background) : VecShift(y, -data.level));
  check(VecScale(y, 1 / exposure));
  const ScratchVec wide = padded.space().scratch();
  extend.apply(y, wide);

  // 2. The filter.
  const bool wiener = options.method == DeconvolveMethod::Wiener;
  const auto fft = std::make_shared<const Fft>(padded, options.deterministic ? Planning::Estimate : Planning::Measure);
  SpectralWeight weight;
  if (wiener) {
    const double variance = onlyValue(data.variance, "the noise") / (exposure * exposure);
    weight = wienerWeight(
        variance, prior.kind == SpacePrior::Kind::Smooth
                      ? smoothnessSpectrum(*prior.strength, prior.order, prior.spacing)
                      : [power = prior.power](const Mode& mode) { return 1 / power(mode); });
  } else {
    const SpectralInverse probe(fft, psfs, pseudoInverseWeight(1, 1));
    weight = pseudoInverseWeight(options.cutoff, probe.largestPower(options.stack));
  }
  const SpectralInverse filter(fft, psfs, weight);

  // 3. The estimate, about the mean of the prior, and what it predicts.
  const Cube image = options.stack ? paddedCube(unknown, options.pad) : padded;
  const auto blur =
      Convolution::make(image, padded, psfs, {Boundary::Periodic, Region::Same, options.engine, options.deterministic});
  const VecHandle x = image.space().vec(), mean = padded.space().vec();
  if (prior.mean != 0) {
    check(VecSet(x, prior.mean));
    blur->apply(x, mean);
    check(VecAXPY(wide, -1, mean));
  }
  options.stack ? filter.applyStack(wide, image, x) : filter.apply(wide, x);
  check(VecShift(x, prior.mean));
  blur->apply(x, mean);

  // 4. Cut back.
  Estimate e;
  e.x = unknown.space().vec();
  e.mean = data.cube.space().vec();
  const auto inside = [&](int axis, PetscInt i) { return i + shift[at(axis)]; };
  Remap(image, unknown, inside).apply(x, e.x);
  Remap(padded, data.cube, inside).apply(mean, e.mean);
  check(VecScale(e.mean, exposure));
  check(data.background ? VecAXPY(e.mean, 1, data.background) : VecShift(e.mean, data.level));
  e.converged = true;
  e.method = wiener ? "wiener" : "pseudo-inverse";
  e.reason = "closed form";
  return e;
}

}  // namespace lacuna
