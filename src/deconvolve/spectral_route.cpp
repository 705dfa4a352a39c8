#include "deconvolve/spectral_route.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "grid/frames.hpp"
#include "grid/remap.hpp"
#include "operators/convolution.hpp"
#include "solvers/pseudo_inverse.hpp"

namespace lacuna {
namespace {

/// The one value that x has in each frame. Collective. Throws 78 if it has several.
std::vector<double> frameValues(const Cube& cube, Vec x, const std::string& what) {
  const auto frames = static_cast<std::size_t>(cube.shape().frames);
  std::vector<double> low(frames, std::numeric_limits<double>::infinity()), high(frames, -low[0]);
  {
    const ReadLocal v(x);
    forFrames(cube, v, [&](std::size_t t, std::span<const double> entries) {
      for (const double e : entries) low[t] = std::min(low[t], e), high[t] = std::max(high[t], e);
    });
  }
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, low.data(), static_cast<int>(frames), MPI_DOUBLE, MPI_MIN, cube.comm()));
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, high.data(), static_cast<int>(frames), MPI_DOUBLE, MPI_MAX, cube.comm()));
  for (std::size_t t = 0; t < frames; ++t)
    if (low[t] != high[t])
      throw Error(ExitCode::BadConfig, what + " varies within frame " + std::to_string(t) +
                                           ": a closed form in Fourier space needs the same everywhere; use [solver] "
                                           "method = \"map\" with noise = \"gaussian\"");
  return low;
}

void scaleFrames(const Cube& cube, const std::vector<double>& factors, Vec x) {
  const WriteLocal v(x);
  forFrames(cube, v, [&](std::size_t t, std::span<double> entries) {
    for (double& e : entries) e *= factors[t];
  });
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

  // 1. The data: of the Wiener filter in units of their noise, else in those of the estimate. The first are
  // sensitivity * (h * x), the second h * x.
  const bool wiener = options.method == DeconvolveMethod::Wiener;
  const auto frames = static_cast<std::size_t>(s.frames);
  const std::vector<double> exposure =
      data.exposure ? frameValues(data.cube, data.exposure, "the exposure") : std::vector<double>(frames, 1);
  if (std::ranges::all_of(exposure, [](double e) { return e == 0; }))
    throw Error(ExitCode::BadData, "the exposure is 0: the data hold nothing of the image");
  if (const auto dark = std::ranges::find(exposure, 0.0); !wiener && dark != exposure.end())
    throw Error(ExitCode::BadData, "the exposure of frame " + std::to_string(dark - exposure.begin()) +
                                       " is 0: the data hold nothing of it, and no prior tells of it");
  std::vector<double> units(frames), sensitivity(frames, 1);
  if (wiener) {
    units = frameValues(data.cube, data.variance, "the noise");
    for (double& u : units) u = 1 / std::sqrt(u);
    std::ranges::transform(exposure, units, sensitivity.begin(), std::multiplies());
  } else {
    std::ranges::transform(exposure, units.begin(), [](double e) { return 1 / e; });
  }
  const ScratchVec y = data.cube.space().scratch();
  check(VecCopy(data.counts, y));
  check(data.background ? VecAXPY(y, -1, data.background) : VecShift(y, -data.level));
  scaleFrames(data.cube, units, y);
  const ScratchVec wide = padded.space().scratch();
  extend.apply(y, wide);

  // 2. The filter.
  const auto fft = std::make_shared<const Fft>(padded, options.deterministic ? Planning::Estimate : Planning::Measure);
  SpectralWeight weight;
  if (wiener) {
    weight = wienerWeight(
        1, prior.kind == SpacePrior::Kind::Smooth
               ? smoothnessSpectrum(*prior.strength, prior.order, prior.spacing)
               : [power = prior.power](const Mode& mode) { return 1 / power(mode); });
  } else {
    const SpectralInverse probe(fft, psfs, pseudoInverseWeight(1, 1));
    weight = pseudoInverseWeight(options.cutoff, probe.largestPower(options.stack));
  }
  const SpectralInverse filter(fft, psfs, weight, sensitivity);

  // 3. The estimate, about the mean of the prior, and what it predicts.
  const Cube image = options.stack ? paddedCube(unknown, options.pad) : padded;
  const auto blur =
      Convolution::make(image, padded, psfs, {Boundary::Periodic, Region::Same, options.engine, options.deterministic});
  const VecHandle x = image.space().vec(), mean = padded.space().vec();
  if (prior.mean != 0) {
    check(VecSet(x, prior.mean));
    blur->apply(x, mean);
    scaleFrames(padded, sensitivity, mean);
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
  scaleFrames(data.cube, exposure, e.mean);
  check(data.background ? VecAXPY(e.mean, 1, data.background) : VecShift(e.mean, data.level));
  e.converged = true;
  e.method = wiener ? "wiener" : "pseudo-inverse";
  e.reason = "closed form";
  return e;
}

}  // namespace lacuna
