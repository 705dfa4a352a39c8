#include "deconvolve/memory_plan.hpp"

#include <algorithm>

#include "deconvolve/spectral_route.hpp"
#include "grid/fft.hpp"
#include "operators/convolution_problem.hpp"
#include "solvers/chain_solver.hpp"
#include "solvers/image_step.hpp"
#include "solvers/proximal.hpp"
#include "solvers/spectral_preconditioner.hpp"
#include "solvers/starlet_split.hpp"
#include "solvers/step_split.hpp"

namespace lacuna {
namespace {

/// A field and all that a PSF needs around it on this rank, every frame.
std::int64_t surrounded(const Cube& cube, const std::vector<Psf>& psfs) {
  const Box& box = cube.box();
  if (box.size() == 0) return 0;
  std::array<PetscInt, 3> taps{1, 1, 1};
  for (const Psf& h : psfs) taps = {std::max(taps[0], h.nz), std::max(taps[1], h.ny), std::max(taps[2], h.nx)};
  std::int64_t size = 8 * box.count[0];
  for (std::size_t a = 0; a < 3; ++a) size *= box.count[a + 2] + (cube.shape().extents()[a + 2] > 1 ? taps[a] - 1 : 0);
  return size;
}

std::int64_t modesOf(const Cube& grid) { return static_cast<std::int64_t>(Modes(grid).perPlane()); }

/// What Admm keeps: u with its multiplier, z, the slopes, spectra.
std::int64_t admmBytes(const ConvexProblem& p) {
  const Cube grid(p.image.gridPointer(), proximalGrid(p));
  const std::int64_t modes = modesOf(grid), field = 8 * grid.box().size();
  const std::int64_t dataFields = p.stack() ? p.data.box().count[0] : 1;
  const std::int64_t transfers = p.psfs.size() == 1 ? 1 : p.data.box().count[0];
  const Shape& s = grid.shape();
  const std::int64_t axes = (s.nz > 1) + (s.ny > 1) + (s.nx > 1);
  const std::int64_t step = ImageStep<double>::suits(p)
                                ? ImageStep<double>::bytes(grid)
                                : SpectralChain::bytes(grid, Modes(grid).perPlane()) + Fft::bytes(grid);
  std::int64_t sum = 2 * dataFields * field + field + 16 * transfers * modes + 8 * modes + step;
  if (p.power) sum += 8 * modes;
  if (p.stack()) sum += 24 * modes;
  if (p.totalVariation > 0) sum += (axes + 1) * field;
  if (p.starlet > 0) sum += StarletSplit::bytes(grid, p.image, p.scales, p.spacing);
  if (p.timeVariation > 0) sum += StepSplit::bytes(grid);
  return sum;
}

std::int64_t preconditionerBytes(const ConvexProblem& p) {
  const Cube grid(p.image.gridPointer(), SpectralPreconditioner::gridShape(p.image, p.psfs, p.boundary));
  const std::int64_t modes = modesOf(grid), own = p.psfs.size() == 1 ? 1 : grid.box().count[0];
  return SpectralChain::bytes(grid, Modes(grid).perPlane()) + Fft::bytes(grid) + 8 * (own + 2) * modes;
}

/// What decides on the sizes of ADMM and of the preconditioner.
ConvexProblem splitProblem(const Cube& data, const Cube& unknown, const std::vector<Psf>& psfs,
                           const ImagingPriors& priors, const DeconvolveOptions& options) {
  ConvexProblem p;
  p.image = unknown;
  p.data = data;
  p.psfs = psfs;
  p.boundary = options.boundary;
  p.offset = ConvolutionProblem(unknown, data, psfs, options.boundary, options.region).offset;
  p.smooth = priors.space.kind == SpacePrior::Kind::Smooth ? 1 : 0;
  p.order = priors.space.order;
  p.totalVariation = priors.space.kind == SpacePrior::Kind::TotalVariation ? 1 : 0;
  p.starlet = priors.space.kind == SpacePrior::Kind::Starlet ? 1 : 0;
  p.scales = priors.space.scales;
  p.spacing = priors.space.spacing;
  if (priors.space.kind == SpacePrior::Kind::Gaussian) p.power = priors.space.power;
  p.timeVariation = priors.time.kind == TimePrior::Kind::TotalVariation ? 1 : 0;
  p.chain = priors.time.chain;
  p.chainPower = priors.time.power;
  p.positive = options.positivity == Positivity::Bound;
  return p;
}

/// As MapRoute decides.
bool goesToAdmm(const ConvexProblem& p, const ImagingPriors& priors, const DeconvolveOptions& options) {
  using S = SpacePrior::Kind;
  using T = TimePrior::Kind;
  if (options.algorithm != "auto") return options.algorithm == "admm";
  if (options.positivity == Positivity::Exponential) return false;
  if (options.positivity == Positivity::None && p.totalVariation == 0 && p.starlet == 0 && p.timeVariation == 0)
    return false;
  if (priors.space.kind == S::Entropy) return false;
  if (priors.time.kind == T::Gamma) return false;
  return whyNotProximal(p).empty();
}

/// What the terms of the priors keep: fields of the unknown, and more at every point where they are evaluated.
struct PriorFields {
  std::int64_t kept = 0, atPoint = 0;
};
PriorFields priorFields(const ImagingPriors& priors, bool split) {
  using S = SpacePrior::Kind;
  using T = TimePrior::Kind;
  PriorFields f;
  if (priors.space.kind == S::TotalVariation || priors.space.kind == S::Starlet) f = {split ? 0 : 2, split ? 2 : 3};
  if (priors.space.kind == S::Smooth || priors.space.kind == S::Gaussian || priors.space.kind == S::Entropy)
    f.atPoint = 1;
  if (priors.time.kind != T::None) f.atPoint += 1;
  if ((priors.time.kind == T::TotalVariation && !split) || priors.time.kind == T::Gamma) f.kept += 1;
  return f;
}

/// Transforms of what priors say of spectra, with weights and a spectrum.
std::int64_t filterBytes(const Cube& unknown, const ImagingPriors& priors) {
  const bool field = priors.space.kind == SpacePrior::Kind::Gaussian;
  const std::int64_t filters =
      (field ? 1 : 0) + (priors.space.still ? 1 : 0) + (priors.time.chain && priors.time.power ? 1 : 0);
  return filters * (Fft::bytes(unknown) + 24 * modesOf(unknown));
}

/// While a checkpoint is written: a chunk, and on several ranks a field in natural order with its messages.
std::int64_t checkpointBytes(std::int64_t image, int ranks) { return (1 << 20) + (ranks > 1 ? image + image / 4 : 0); }

/// Beside data and estimate, by step of a solve; steps follow one another.
struct Step {
  std::string what;
  std::int64_t bytes;
};
std::vector<Step> stepsOf(const ConvexProblem& problem, const ImagingPriors& priors, const DeconvolveOptions& options) {
  const std::int64_t datum = 8 * problem.data.box().size(), image = 8 * problem.image.box().size();
  const std::int64_t checkpoint = checkpointBytes(image, sizeOf(problem.data.comm()));
  const bool split = goesToAdmm(problem, priors, options);
  const PriorFields prior = priorFields(priors, split);
  const bool exponential = options.positivity == Positivity::Exponential;
  const std::int64_t logarithm = exponential ? 3 : 0;
  std::vector<Step> steps;
  // the pixels at 0, the model, the residual, weights
  steps.push_back({"results", image + 3 * datum});
  if (split) {  // the start, and the mean and priors of an energy, or what Richardson-Lucy keeps in its trial
    const bool trial = options.algorithm == "auto" && options.noise == "poisson" && problem.positive;
    const std::int64_t beside =
        std::max(datum + std::max<std::int64_t>(prior.atPoint, 1) * image, trial ? 3 * image : 0);
    steps.push_back({"ADMM, a checkpoint",
                     image + beside + admmBytes(problem) + checkpointBytes(image, sizeOf(problem.data.comm()))});
  }
  if (options.algorithm == "quasi-newton") {
    // g, d, the slope, four pairs, the diagonal; the mean and a part of the gradient
    steps.push_back({"L-BFGS, a checkpoint", (8 + logarithm) * image + image / 2 + datum + checkpoint});
  } else if (!split || problem.smooth > 0 || problem.chain || problem.power) {
    const bool preconditioned = !exponential && (problem.chain || problem.power);
    // g, the free pixels, d, the way to the bound, a trial point, what the energy keeps of it, a part of the gradient;
    // the mean, the weights of the curvature
    const std::int64_t vectors =
        7 + logarithm + (preconditioned ? 1 : 0) + (split ? 1 : 0) + (prior.atPoint > 1 ? 1 : 0);
    steps.push_back({"Newton's method, a checkpoint",
                     vectors * image + 2 * datum + checkpoint + (preconditioned ? preconditionerBytes(problem) : 0)});
  }
  // pixels held at 0; what varies freely, moments and their result, a draw, conjugate gradients
  if (options.samples > 1)
    steps.push_back({"samples, their moments, a checkpoint", 13 * image + 7 * datum + checkpoint});
  return steps;
}

}  // namespace

MemoryPlan planDeconvolve(const Cube& data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const ImagingPriors& priors, const DeconvolveOptions& options, int fields) {
  const std::int64_t datum = 8 * data.box().size(), image = 8 * unknown.box().size();
  const int ranks = sizeOf(data.comm());
  MemoryPlan plan;
  const auto add = [&](const std::string& what, std::int64_t bytes) { plan.items.push_back({what, bytes}); };
  add("messages, tables, code", 10 << 20);
  add("data, mask, exposure, background", fields * datum);
  const int ofNoise = options.noise == "poisson"                                           ? 0
                      : options.noise == "gaussian" || options.noise == "poisson-gaussian" ? 2
                                                                                           : 1;
  if (ofNoise > 0) add("noise", ofNoise * datum);
  add("blur: fields with what a PSF needs around them", surrounded(data, psfs) + surrounded(unknown, psfs));
  if (options.method == DeconvolveMethod::Wiener || options.method == DeconvolveMethod::PseudoInverse) {
    const Cube padded = paddedCube(data, options.pad);
    const std::int64_t modes = 8 * modesOf(padded), frames = padded.box().count[0], wide = 8 * padded.box().size();
    add("estimate, model", image + datum);
    add("blur of the extended data", 2 * surrounded(padded, psfs));
    add("Fourier work buffers", Fft::bytes(padded));
    add("extended data and estimate, work vectors", 3 * wide + datum);
    add("transfer functions, weights, spectra", (psfs.size() == 1 ? 4 : 2 + 2 * frames) * modes);
    return plan;
  }
  add("estimate", image);
  if (options.method == DeconvolveMethod::RichardsonLucy) {
    const std::int64_t solver = (options.acceleration ? 3 : 1) * image + 2 * datum + checkpointBytes(image, ranks),
                       results = 3 * datum;
    add(solver > results ? "Richardson-Lucy, a checkpoint" : "results", std::max(solver, results));
    return plan;
  }
  const ConvexProblem problem = splitProblem(data, unknown, psfs, priors, options);
  const PriorFields prior = priorFields(priors, goesToAdmm(problem, priors, options));
  if (prior.kept > 0) add("priors", prior.kept * image);
  if (const std::int64_t filters = filterBytes(unknown, priors)) add("spectra of priors", filters);
  Step most{"", 0};
  for (const Step& step : stepsOf(problem, priors, options))
    if (step.bytes > most.bytes) most = step;
  add(most.what, most.bytes);
  return plan;
}

}  // namespace lacuna
