#include "deconvolve/posterior.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/stage.hpp"
#include "grid/frames.hpp"
#include "model/likelihood.hpp"
#include "operators/algebra.hpp"
#include "samplers/moments.hpp"

namespace lacuna {
namespace {

constexpr std::uint32_t firstStream = 0x61;
constexpr int mostIterations = 5000;

VecHandle copied(Vec x) {
  VecHandle y = like(x);
  check(VecCopy(x, y));
  return y;
}

}  // namespace

LaplaceSampler::LaplaceSampler(const ImagingModel& model, const std::vector<PriorTerm>& priors,
                               const DeconvolveOptions& options, const Estimate& estimate, OperatorPointer range)
    : unknown_(model.unknown.space()), rng_(options.seed) {
  const bool exponential = options.positivity == Positivity::Exponential;
  const VecHandle log = copied(estimate.x);
  if (exponential) check(VecLog(log));
  VecHandle free = unknown_.vec();
  check(VecSet(free, 1));
  if (estimate.active) check(VecAXPY(free, -1, estimate.active));
  const OperatorPointer restrict = diagonal(unknown_, std::move(free));
  // A factor in x, as one in the variable that varies.
  const auto add = [&](OperatorPointer factor, bool inLog) {
    if (exponential && !inLog) factor = compose(factor, diagonal(unknown_, copied(estimate.x)));
    if (range) factor = compose(factor, range);
    factors_.push_back(estimate.active ? compose(factor, restrict) : factor);
  };
  add(Likelihood(model.mean, model.noise).factoredAt(estimate.x)->factor(), false);
  for (const PriorTerm& prior : priors) {
    if (!prior.factored) throw Error("LaplaceSampler: a prior without a factor");
    add(prior.factored->factoredAt(prior.onLog ? log : estimate.x)->factor(), prior.onLog);
  }
  std::vector<OperatorPointer> parts;
  for (const OperatorPointer& factor : factors_) parts.push_back(compose(adjoint(factor), factor));
  solver_ = std::make_unique<ConjugateGradients>(
      sum(std::move(parts)), nullptr,
      LinearOptions{.rtol = options.sampleRtol, .iterations = mostIterations, .prefix = "sample_"});
}

void LaplaceSampler::draw(std::uint32_t index, Vec z, Observer* observer) const {
  const ScratchVec b = unknown_.scratch(), part = unknown_.scratch();
  check(VecSet(b, 0));
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    const Space& range = factors_[i]->range();
    const ScratchVec eta = range.scratch();
    rng_.split(firstStream + static_cast<std::uint32_t>(i)).at(index).normal(range, eta);
    factors_[i]->applyAdjoint(eta, part);
    check(VecAXPY(b, 1, part));
  }
  const LinearResult r = solver_->solve(b, z, observer);
  if (!r.converged && !r.limited)
    throw RankError(ExitCode::Diverged, 0,
                    "posterior sample " + std::to_string(index) + ": " + r.reason + " after " +
                        std::to_string(r.iterations) + " iterations");
}

namespace {

/// Frames whose mean nothing determines: smoothness says nothing of it, no datum sees it, and no pixel is held at 0.
std::vector<std::size_t> undetermined(const ImagingModel& model, const ImagingPriors& priors,
                                      const DeconvolveOptions& options, const Estimate& estimate) {
  std::vector<std::size_t> frames;
  if (priors.space.kind != SpacePrior::Kind::Smooth || priors.time.kind != TimePrior::Kind::None) return frames;
  const OperatorPointer factor = Likelihood(model.mean, model.noise).factoredAt(estimate.x)->factor();
  const Cube &data = model.data.cube, &unknown = model.unknown;
  const bool inLog = priors.space.onLog && options.positivity == Positivity::Exponential;
  // What the data know of a direction, by frame.
  const auto known = [&](auto&& fill) {
    const ScratchVec v = unknown.space().scratch(), y = data.space().scratch();
    fill(v);
    if (inLog) check(VecPointwiseMult(v, v, estimate.x));
    factor->apply(v, y);
    check(VecPointwiseMult(y, y, y));
    std::vector<double> sums = frameSums(data, y);
    if (unknown.shape().frames < data.shape().frames) sums = {std::accumulate(sums.begin(), sums.end(), 0.0)};
    return sums;
  };
  const auto constant = known([](Vec v) { check(VecSet(v, 1)); });
  const auto any = known([&](Vec v) { Rng(options.seed).normal(unknown.space(), v); });
  const std::vector<double> held = estimate.active ? frameSums(unknown, estimate.active) : std::vector<double>();
  constexpr double rounding = 1e-20;  // squared
  for (std::size_t t = 0; t < constant.size(); ++t)
    if (constant[t] <= rounding * any[t] && (held.empty() || held[t] == 0)) frames.push_back(t);
  return frames;
}

/// std <- NaN where x exp(z) says no more than that z may be anything: the posterior of the logarithm of a dark pixel
/// is as flat as that of x is not, where a prior on x alone holds it. Collective; of how many pixels.
std::int64_t leaveOutFlat(const Space& space, Vec x, Vec std) {
  constexpr double beyond = 20;  // times the brightest pixel
  PetscReal brightest = 0;
  check(VecMax(x, nullptr, &brightest));
  std::int64_t flat = 0, all = 0;
  {
    const WriteLocal s(std);
    for (PetscInt i = 0; i < s.size(); ++i)
      if (!(s[i] <= beyond * brightest)) s[i] = std::numeric_limits<double>::quiet_NaN(), ++flat;
  }
  checkMpi(MPI_Allreduce(&flat, &all, 1, MPI_INT64_T, MPI_SUM, space.comm()));
  return all;
}

}  // namespace

VecHandle posteriorStd(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                       const Estimate& estimate, Observer* observer, std::vector<std::string>* notes) {
  const double since = MPI_Wtime();
  const bool exponential = options.positivity == Positivity::Exponential;
  const auto terms = priorTerms(priors, model.unknown, estimate.strength.value_or(0), estimate.level);
  const auto range = rangeOf(priors, model.unknown);
  const LaplaceSampler sampler(model, terms, options, estimate, range ? range->projection() : nullptr);
  const Space& space = model.unknown.space();
  Moments moments(space);
  const Stage stage(observer, "samples", moments.state());
  const ScratchVec z = space.scratch();
  for (int i = moments.count(); i < options.samples; ++i) {
    sampler.draw(static_cast<std::uint32_t>(i), z, observer);
    if (exponential) {  // the image itself: x exp(z)
      check(VecExp(z));
      check(VecPointwiseMult(z, z, estimate.x));
    }
    moments.add(z);
    if (!observer) continue;
    Progress p;
    p.solver = "sample";
    p.iteration = i + 1;
    p.seconds = MPI_Wtime() - since;
    observer->iteration(p);
  }
  VecHandle std = space.vec();
  const double none = std::numeric_limits<double>::quiet_NaN();
  exponential ? moments.standardDeviation(std) : moments.rootMeanSquare(std);
  if (const std::int64_t flat = exponential ? leaveOutFlat(space, estimate.x, std) : 0; flat > 0 && notes)
    notes->push_back(
        fmt::format("warning: the posterior of the logarithm is flat at {} pixel{}: no standard deviation there", flat,
                    flat > 1 ? "s" : ""));
  const std::vector<std::size_t> blank = undetermined(model, priors, options, estimate);
  if (!blank.empty() && notes)
    notes->push_back(fmt::format("warning: nothing determines the mean of frame{} {}: no standard deviation there",
                                 blank.size() > 1 ? "s" : "", fmt::join(blank, ", ")));
  if (const WriteLocal s(std); !blank.empty())
    forFrames(model.unknown, s, [&](std::size_t t, std::span<double> entries) {
      if (std::ranges::binary_search(blank, t)) std::ranges::fill(entries, none);
    });
  if (!estimate.active) return std;
  const ReadLocal active(estimate.active);
  const WriteLocal s(std);
  for (PetscInt i = 0; i < s.size(); ++i)
    if (active[i] != 0) s[i] = none;
  return std;
}

}  // namespace lacuna
