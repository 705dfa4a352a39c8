#include "deconvolve/imaging_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.hpp"
#include "io/map_check.hpp"
#include "model/affine.hpp"
#include "model/censored_poisson_noise.hpp"
#include "model/gaussian_noise.hpp"
#include "model/poisson_gaussian_noise.hpp"
#include "model/poisson_noise.hpp"
#include "model/truncated_poisson_noise.hpp"
#include "operators/algebra.hpp"

namespace lacuna {
namespace {

/// Nobody changes it from now on.
VecHandle shared(Vec x) {
  check(PetscObjectReference(reinterpret_cast<PetscObject>(x)));
  return VecHandle(x);
}

/// An infinite variance masks a datum of Gaussian noise.
VecHandle maskedVariance(const ImagingData& data) {
  VecHandle variance = data.cube.space().vec();
  if (data.variance)
    check(VecCopy(data.variance, variance));
  else
    check(VecSet(variance, 1));
  if (!data.mask) return variance;
  const ReadLocal mask(data.mask);
  const WriteLocal v(variance);
  for (PetscInt i = 0; i < v.size(); ++i)
    if (mask[i] == 0) v[i] = std::numeric_limits<double>::infinity();
  return variance;
}

std::shared_ptr<const Noise> makeNoise(const ImagingData& data, const DeconvolveOptions& options) {
  const Space& space = data.cube.space();
  if (options.noise == "gaussian") {
    const VecHandle variance = maskedVariance(data);
    auto noise = std::make_shared<GaussianNoise>(space, data.counts, variance);
    if (noise->dataCount() == 0) throw Error(ExitCode::BadData, "Gaussian noise: all data are masked");
    return noise;
  }
  if (options.noise == "truncated-poisson")
    return std::make_shared<TruncatedPoissonNoise>(space, data.counts, options.ceiling, data.mask);
  if (options.noise == "censored-poisson")
    return std::make_shared<CensoredPoissonNoise>(space, data.counts, options.ceiling, data.mask);
  if (options.noise == "poisson-gaussian") {
    Camera camera;
    VecHandle sd;
    if (data.variance) {
      sd = like(data.variance);
      check(VecCopy(data.variance, sd));
      check(VecSqrtAbs(sd));
      camera.readNoise.each = sd;
    }
    return std::make_shared<PoissonGaussianNoise>(space, data.counts, camera, data.mask);
  }
  return data.mask ? std::make_shared<PoissonNoise>(space, data.counts, data.mask)
                   : std::make_shared<PoissonNoise>(space, shared(data.counts));
}

/// Counts where even a bright image gives none.
void requireLight(const ImagingModel& model) {
  const Space& space = model.data.cube.space();
  const ScratchVec ones = model.unknown.space().scratch(), light = space.scratch(), dark = space.scratch();
  check(VecSet(ones, 1));
  model.mean->apply(ones, light);
  PetscReal most = 0;
  check(VecMax(light, nullptr, &most));
  {
    const ReadLocal y(model.data.counts), mu(light);
    const WriteLocal bad(dark);
    for (PetscInt i = 0; i < bad.size(); ++i) bad[i] = y[i] > 0 && !(mu[i] > 1e-13 * most) ? y[i] : 0;
  }
  requireValues(model.data.cube, model.data.cube.wholeWindow(), 0, model.data.mask, dark, "the counts",
                "positive where no light can come from (no exposure or none of the PSF, and no background)",
                [](double v) { return v == 0; });
}

}  // namespace

ImagingModel imagingModel(ImagingData data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const DeconvolveOptions& options) {
  const ConvolutionOptions how{options.boundary, options.region, options.engine, options.deterministic};
  auto convolution = Convolution::make(unknown, data.cube, psfs, how);
  ImagingModel m = imagingModel(std::move(data), unknown, convolution, convolution->choiceText(), options);
  m.convolution = std::move(convolution);
  return m;
}

ImagingModel imagingModel(ImagingData data, const Cube& unknown, OperatorPointer H, const std::string& text,
                          const DeconvolveOptions& options) {
  ImagingModel m;
  m.unknown = unknown;
  m.noise = makeNoise(data, options);
  m.blur = std::move(H);
  m.blurText = text;
  m.seen = m.blur;
  if (data.exposure) m.seen = compose(diagonal(data.cube.space(), shared(data.exposure)), m.blur);
  m.mean = m.seen;
  if (data.background) m.mean = std::make_shared<Affine>(m.seen, shared(data.background));
  if (data.level > 0) m.mean = std::make_shared<Affine>(m.seen, data.level);
  m.data = std::move(data);
  if (options.noise != "gaussian" && options.noise != "poisson-gaussian") requireLight(m);
  return m;
}

VecHandle flatStart(const ImagingModel& model) {
  // Counts of every frame of the data against those of an image of ones.
  const Cube& cube = model.data.cube;
  const ScratchVec ones = model.unknown.space().scratch(), light = cube.space().scratch(), net = cube.space().scratch();
  check(VecSet(ones, 1));
  model.seen->apply(ones, light);
  {
    const ReadLocal y(model.data.counts);
    const WriteLocal n(net), l(light);
    const auto mask = model.data.mask ? std::make_unique<ReadLocal>(model.data.mask) : nullptr;
    const auto background = model.data.background ? std::make_unique<ReadLocal>(model.data.background) : nullptr;
    for (PetscInt i = 0; i < n.size(); ++i) {
      const bool used = !mask || (*mask)[i] != 0;
      n[i] = used ? y[i] - (background ? (*background)[i] : model.data.level) : 0;
      if (!used) l[i] = 0;
    }
  }
  std::vector<double> counts = frameSums(cube, net), expected = frameSums(cube, light);
  // What an image of noise gives: more than one of ones does only where the entries of H have both signs, and its sums
  // say nothing.
  Rng(0).normal(model.unknown.space(), ones);
  model.seen->apply(ones, light);
  {
    const WriteLocal l(light);
    const auto mask = model.data.mask ? std::make_unique<ReadLocal>(model.data.mask) : nullptr;
    for (PetscInt i = 0; i < l.size(); ++i) l[i] = mask && (*mask)[i] == 0 ? 0 : std::abs(l[i]);
  }
  std::vector<double> noise = frameSums(cube, light);
  if (model.unknown.shape().frames < cube.shape().frames) {  // epochs of one image
    counts = {std::accumulate(counts.begin(), counts.end(), 0.0)};
    expected = {std::accumulate(expected.begin(), expected.end(), 0.0)};
    noise = {std::accumulate(noise.begin(), noise.end(), 0.0)};
  }
  std::vector<double> level;
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0) /
                     std::accumulate(expected.begin(), expected.end(), 0.0),
               most = *std::max_element(expected.begin(), expected.end());
  for (std::size_t t = 0; t < counts.size(); ++t)  // hardly exposed: its counts are noise
    level.push_back(expected[t] <= 0.1 * noise[t]          ? 0
                    : expected[t] < 1e-3 * most && all > 0 ? all
                                                           : counts[t] / expected[t]);
  const double brightest = *std::max_element(level.begin(), level.end());
  const double least = brightest > 0 ? 1e-4 * brightest : 1e-3;
  VecHandle x = model.unknown.space().vec();
  const Box& box = model.unknown.box();
  const PetscInt plane = box.count[1] * box.count[2] * box.count[3] * box.count[4];
  const WriteLocal out(x);
  for (PetscInt t = 0; t < box.count[0]; ++t)
    std::fill_n(out.data() + t * plane, plane, std::max(level[static_cast<std::size_t>(box.start[0] + t)], least));
  return x;
}

}  // namespace lacuna
