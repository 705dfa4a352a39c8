#include "priors/markov_prior.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "priors/quadratic.hpp"

namespace lacuna {
namespace {

void requireChain(const TimeChain& c, PetscInt frames) {
  const auto refuse = [](const std::string& what) { throw Error(ExitCode::BadConfig, "prior in time: " + what); };
  const auto n = static_cast<std::size_t>(frames);
  if (c.phi.size() != n || c.constant.size() != n || c.sd.size() != n)
    refuse("a chain of " + std::to_string(c.phi.size()) + " frames for a movie of " + std::to_string(frames));
  if (!(c.initialSd > 0) || !std::isfinite(c.initialMean)) refuse("the first frame needs a finite mean and an sd > 0");
  for (std::size_t t = 1; t < n; ++t)
    if (!(c.sd[t] > 0) || std::isinf(c.sd[t]) || !std::isfinite(c.phi[t]) || !std::isfinite(c.constant[t]))
      refuse("the coefficients of frame " + std::to_string(t) + " must be finite, and its sd positive");
}

std::shared_ptr<const FrameRecursion> whitening(const Cube& cube, const TimeChain& c) {
  requireChain(c, cube.shape().frames);
  std::vector<double> own(c.frames(), 1 / c.initialSd), previous(c.frames(), 0.0);
  for (std::size_t t = 1; t < c.frames(); ++t) {
    own[t] = 1 / c.sd[t];
    previous[t] = -c.phi[t] / c.sd[t];
  }
  return std::make_shared<FrameRecursion>(cube, std::move(own), std::move(previous));
}

std::vector<double> constants(const Cube& cube, const TimeChain& c) {
  std::vector<double> d;
  for (PetscInt f = 0; f < cube.box().count[0]; ++f) {
    const auto t = static_cast<std::size_t>(cube.box().start[0] + f);
    d.push_back(t == 0 ? c.initialMean / c.initialSd : c.constant[t] / c.sd[t]);
  }
  return d;
}

}  // namespace

MarkovPrior::MarkovPrior(const Cube& cube, const TimeChain& chain) : MarkovPrior(cube, chain, std::nullopt) {}

MarkovPrior::MarkovPrior(std::shared_ptr<const Fft> fft, const TimeChain& chain, const Transfer& power)
    : MarkovPrior(fft->cube(), chain, SpectralCovariance(fft, power)) {}

MarkovPrior::MarkovPrior(const Cube& cube, const TimeChain& chain, std::optional<SpectralCovariance> covariance)
    : Prior(cube.space()),
      chain_(chain),
      covariance_(std::move(covariance)),
      whiten_(whitening(cube, chain)),
      constant_(constants(cube, chain)) {}

std::unique_ptr<FactoredAt> MarkovPrior::doFactoredAt(Vec x) const {
  if (!covariance_) return std::make_unique<QuadraticAt>(whiten_, nullptr, nullptr, constant_, x);
  return std::make_unique<QuadraticAt>(
      whiten_, covariance_->precision(), [C = *covariance_] { return C.precisionRoot(); }, constant_, x);
}

void MarkovPrior::sample(Rng& rng, Vec x) const {
  if (std::isinf(chain_.initialSd))
    throw Error(ExitCode::BadConfig, "prior in time: without an sd of the first frame there is nothing to draw from");
  rng.normal(space(), x);
  if (covariance_) {
    const ScratchVec coloured = space().scratch();
    covariance_->root()->apply(x, coloured);
    check(VecCopy(coloured, x));
  }
  addToFrames(1, constant_, x);
  whiten_->solve(x, x);
}

}  // namespace lacuna
