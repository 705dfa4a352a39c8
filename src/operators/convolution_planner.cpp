#include "operators/convolution_planner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/choices.hpp"
#include "operators/convolution.hpp"
#include "operators/dense_convolver.hpp"
#include "operators/halo_engine.hpp"
#include "operators/separable_convolver.hpp"
#include "operators/spectral_engine.hpp"
#include "operators/tiled_convolver.hpp"

namespace lacuna {
namespace {

/// Nanoseconds a data pixel that an engine is expected to take on one core with AVX2 or better, from measurements on
/// images of 2048 x 2048; only their ratios matter. Infinite where an engine is unable.
constexpr double unable = std::numeric_limits<double>::infinity();

struct Candidate {
  std::string name;
  double nanoseconds;
  std::unique_ptr<ConvolutionEngine> engine;
  double seconds = unable;
};

double taps(const ConvolutionProblem& p) { return double(p.taps[0]) * double(p.taps[1]) * double(p.taps[2]); }

/// More terms than this never pay.
constexpr std::size_t mostTerms = 24;

double separableCost(const ConvolutionProblem& p) {
  double most = 0;
  for (const Psf& psf : p.psfs) {
    const auto terms = separate(psf, mostTerms);
    if (!terms) return unable;
    double sum = 0;
    for (const SeparableTerm& t : *terms)
      sum += double(t.z.size() > 1 ? t.z.size() : 0) + double(t.y.size()) + double(t.x.size());
    most = std::max(most, sum);
  }
  return 0.4 + 0.08 * most;
}
double globalCost(const ConvolutionProblem& p) {
  const Shape grid = SpectralEngine::gridShape(p);
  const double pixels = double(grid.pixels()), data = double(p.data.shape().pixels());
  return (p.image.grid().spaceSize() > 1 ? 0.9 : 0.7) * std::log2(std::max(pixels, 2.0)) * pixels / data;
}

std::unique_ptr<ConvolutionEngine> build(const ConvolutionProblem& p, const std::string& name, Planning planning) {
  if (name == "global") return std::make_unique<SpectralEngine>(p, planning);
  return std::make_unique<HaloEngine>(
      p, [&](std::vector<Psf> h, const LocalExtents& extents) -> std::unique_ptr<LocalConvolver> {
        if (name == "dense") return std::make_unique<DenseConvolver>(std::move(h));
        if (name == "separable") return std::make_unique<SeparableConvolver>(h);
        return std::make_unique<TiledConvolver>(h, extents.targets, planning);
      });
}

/// Seconds of one application of H and one of H^T: the least of three, on the slowest rank.
double timed(const ConvolutionProblem& p, const ConvolutionEngine& engine) {
  const auto ones = [](PetscInt, PetscInt count, double* values) { std::fill_n(values, count, 1.0); };
  const auto nothing = [](PetscInt, PetscInt, const double*) {};
  double best = unable;
  for (int i = 0; i < 3; ++i) {
    checkMpi(MPI_Barrier(p.image.comm()));
    const double start = MPI_Wtime();
    engine.forward(ones, nothing);
    engine.adjoint(ones, nothing);
    best = std::min(best, MPI_Wtime() - start);
  }
  double slowest = 0;
  checkMpi(MPI_Allreduce(&best, &slowest, 1, MPI_DOUBLE, MPI_MAX, p.image.comm()));
  return slowest;
}

std::string milliseconds(double seconds) {
  const double hundredths = std::round(seconds * 1e5);
  std::string text = std::to_string(static_cast<long long>(hundredths / 100));
  return text + "." + std::to_string(static_cast<int>(std::fmod(hundredths, 100) / 10));
}

/// What is asked, for choices(): the same problem on as many ranks.
std::string question(const ConvolutionProblem& p) {
  std::string text = "convolution of " + p.image.shape().text() + " to " + p.data.shape().text() + " with " +
                     std::to_string(p.psfs.size()) + " PSF of";
  for (const PetscInt n : p.taps) text += " " + std::to_string(n);
  return text + ", " + std::to_string(p.image.grid().timeSize()) + " x " + std::to_string(p.image.grid().spaceSize()) +
         " ranks, boundary " + std::to_string(static_cast<int>(p.boundary));
}

PlannedEngine named(std::unique_ptr<ConvolutionEngine> engine, const std::string& why) {
  std::string text = engine->text() + " (" + why + ")";
  return {std::move(engine), std::move(text)};
}

}  // namespace

const std::vector<std::string>& convolutionEngines() {
  static const std::vector<std::string> names{"separable", "dense", "tiled", "global"};
  return names;
}

PlannedEngine planConvolution(const ConvolutionProblem& p, const std::string& name, bool deterministic) {
  const auto& names = convolutionEngines();
  if (name != "auto" && std::find(names.begin(), names.end(), name) == names.end())
    throw Error(ExitCode::BadConfig, "convolution: there is no engine '" + name + "'");
  const Planning planning = deterministic ? Planning::Estimate : Planning::Measure;
  if (name != "auto") {
    return named(build(p, name, planning), "as asked for");
  }

  std::vector<Candidate> candidates;
  candidates.push_back({"separable", separableCost(p), nullptr});
  candidates.push_back({"dense", 0.4 + 0.045 * taps(p), nullptr});
  candidates.push_back({"tiled", TiledConvolver::expectedNanoseconds(p.taps, p.data.shape()), nullptr});
  candidates.push_back({"global", globalCost(p), nullptr});
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.nanoseconds < b.nanoseconds; });
  if (deterministic) {
    return named(build(p, candidates.front().name, planning), "by rule, without timing");
  }
  std::string& chosen = choices()[question(p)];
  if (!chosen.empty()) return named(build(p, chosen, planning), "as when the run began");
  std::string text;
  const double limit = 3 * candidates.front().nanoseconds;
  for (Candidate& c : candidates) {
    if (c.nanoseconds > limit) continue;
    c.engine = build(p, c.name, planning);
    c.seconds = timed(p, *c.engine);
    text += (text.empty() ? "" : ", ") + c.name + " " + milliseconds(c.seconds);
  }
  auto& best = *std::min_element(candidates.begin(), candidates.end(),
                                 [](const Candidate& a, const Candidate& b) { return a.seconds < b.seconds; });
  chosen = best.name;
  return named(std::move(best.engine), "ms for H and its adjoint: " + text);
}

}  // namespace lacuna
