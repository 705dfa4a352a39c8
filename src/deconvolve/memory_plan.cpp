#include "deconvolve/memory_plan.hpp"

#include <algorithm>

#include "deconvolve/spectral_route.hpp"
#include "grid/fft.hpp"
#include "operators/convolution_problem.hpp"
#include "solvers/chain_solver.hpp"
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
  const std::int64_t modes = modesOf(grid), frames = grid.box().count[0], field = 8 * grid.box().size();
  const std::int64_t dataFields = p.stack() ? p.data.box().count[0] : 1;
  const std::int64_t transfers = p.psfs.size() == 1 ? 1 : p.data.box().count[0];
  const Shape& s = grid.shape();
  const std::int64_t axes = (s.nz > 1) + (s.ny > 1) + (s.nx > 1);
  std::int64_t sum = 2 * dataFields * field + field + 16 * transfers * modes + 16 * modes +
                     SpectralChain::bytes(grid, Modes(grid).perPlane()) + Fft::bytes(grid);
  if (p.stack()) sum += 24 * modes;
  if (p.totalVariation > 0) sum += (axes + 1) * field + (frames > 0 ? field / frames : 0) + 8 * modes;
  if (p.starlet > 0) sum += StarletSplit::bytes(grid, p.image, p.scales);
  if (p.timeVariation > 0) sum += StepSplit::bytes(grid);
  return sum;
}

std::int64_t preconditionerBytes(const ConvexProblem& p) {
  const Cube grid(p.image.gridPointer(), SpectralPreconditioner::gridShape(p.image, p.psfs, p.boundary));
  const std::int64_t modes = modesOf(grid), own = p.psfs.size() == 1 ? 1 : grid.box().count[0];
  return SpectralChain::bytes(grid, Modes(grid).perPlane()) + Fft::bytes(grid) + 8 * grid.box().size() +
         8 * (own + 2) * modes;
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
  if (priors.space.kind == SpacePrior::Kind::Gaussian) p.power = priors.space.power;
  p.timeVariation = priors.time.kind == TimePrior::Kind::TotalVariation ? 1 : 0;
  p.chain = priors.time.chain;
  p.chainPower = priors.time.power;
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
PriorFields priorFields(const ImagingPriors& priors) {
  using S = SpacePrior::Kind;
  PriorFields f;
  if (priors.space.kind != S::None) f = {2, priors.space.kind == S::TotalVariation ? 3 : 1};
  if (priors.time.kind != TimePrior::Kind::None) f.kept += 1, f.atPoint += 1;
  return f;
}

}  // namespace

MemoryPlan planDeconvolve(const Cube& data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const ImagingPriors& priors, const DeconvolveOptions& options, int fields) {
  const std::int64_t datum = 8 * data.box().size(), image = 8 * unknown.box().size();
  const int ranks = sizeOf(data.comm());
  MemoryPlan plan;
  const auto add = [&](const std::string& what, std::int64_t bytes) { plan.items.push_back({what, bytes}); };
  add("messages, tables, code", (ranks > 1 ? 10 : 3) << 20);
  add("data, mask, exposure, background", fields * datum);
  add("noise", (options.noise == "gaussian" || options.noise == "poisson-gaussian" ? 2 : 1) * datum);
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
  add("work vectors", image + 2 * datum);
  if (options.method == DeconvolveMethod::RichardsonLucy) {
    add("Richardson-Lucy", (options.acceleration ? 4 : 2) * image + 4 * datum);
    add("a checkpoint, while it is written", 2 * image);
    return plan;
  }
  const PriorFields prior = priorFields(priors);
  if (prior.kept > 0) add("priors", prior.kept * image);

  // What is gathered and sent while a checkpoint is written, at the worst moment; ADMM's fields lie on a grid of their
  // own.
  const std::int64_t messages = ranks > 1 ? 2 * image : 0, checkpoint = 3 * image + messages,
                     splitCheckpoint = 5 * image + messages;

  // Steps that follow one another: the largest counts.
  std::string name = "estimate, model, residual";
  std::int64_t most = 2 * image + 2 * datum;
  const auto step = [&](const std::string& what, std::int64_t bytes) {
    if (bytes > most) most = bytes, name = what;
  };
  const bool exponential = options.positivity == Positivity::Exponential;
  const bool quasi = options.algorithm == "quasi-newton";
  const ConvexProblem problem = splitProblem(data, unknown, psfs, priors, options);
  const bool split = goesToAdmm(problem, priors, options);
  if (split) step("estimate, ADMM, a checkpoint", (1 + prior.atPoint) * image + admmBytes(problem) + splitCheckpoint);
  const bool held = problem.smooth > 0 || problem.chain || problem.power;
  if (quasi)
    step("estimate, L-BFGS, a checkpoint",
         checkpoint + (11 + 2 * prior.atPoint + (exponential ? 3 : 0)) * image + 3 * datum);
  else if (!split || held) {
    const bool preconditioned = !exponential && (problem.chain || problem.power);
    // x, g, r, p, q; what the curvature adds up and multiplies in between
    std::int64_t vectors = 5 + 2 * prior.atPoint + (exponential ? 3 : 0) + (preconditioned ? 1 : 0);
    if (priors.time.kind != TimePrior::Kind::None) vectors += 2;
    step("estimate, Newton's method, a checkpoint",
         checkpoint + vectors * image + 2 * datum + (preconditioned ? preconditionerBytes(problem) : 0));
  }
  // x, pixels held at 0; what varies freely, moments and their result, a draw, conjugate gradients
  if (options.samples > 1) step("estimate, samples, their moments, a checkpoint", checkpoint + 14 * image + 7 * datum);
  add(name, most);
  return plan;
}

}  // namespace lacuna
