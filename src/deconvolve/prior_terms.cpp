#include "deconvolve/prior_terms.hpp"

#include <algorithm>

#include "priors/entropy.hpp"
#include "priors/gamma_chain.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "priors/sparsity.hpp"
#include "priors/spectral_prior.hpp"

namespace lacuna {
namespace {

void add(std::vector<PriorTerm>& terms, std::shared_ptr<const FactoredTerm> term, bool onLog) {
  terms.push_back({term, term, nullptr, onLog});
}
void addSparsity(std::vector<PriorTerm>& terms, std::shared_ptr<const Sparsity> term) {
  terms.push_back({term, nullptr, term, false});
}

std::shared_ptr<const Fft> fftOf(const Cube& cube) { return std::make_shared<const Fft>(cube, Planning::MeasureLater); }

}  // namespace

std::vector<PriorTerm> priorTerms(const ImagingPriors& priors, const Cube& unknown, double strength, double level,
                                  double corner) {
  std::vector<PriorTerm> terms;
  const SpacePrior& space = priors.space;
  const double s = space.strength.value_or(strength), epsilon = corner * level;
  switch (space.kind) {
    case SpacePrior::Kind::None:
      break;
    case SpacePrior::Kind::Smooth:
      add(terms, std::make_shared<Smoothness>(unknown, s, space.order, space.spacing), space.onLog);
      break;
    case SpacePrior::Kind::Gaussian:
      add(terms, std::make_shared<SpectralPrior>(fftOf(unknown), space.power, space.mean), space.onLog);
      break;
    case SpacePrior::Kind::TotalVariation:
      addSparsity(terms, totalVariation(unknown, s, epsilon, space.spacing));
      break;
    case SpacePrior::Kind::Starlet:
      addSparsity(terms, starletSparsity(unknown, space.scales, s, epsilon, space.spacing));
      break;
    case SpacePrior::Kind::Entropy:
      terms.push_back(
          {std::make_shared<Entropy>(unknown.space(), s, space.level.value_or(level)), nullptr, nullptr, false});
      break;
  }
  const TimePrior& time = priors.time;
  switch (time.kind) {
    case TimePrior::Kind::None:
      break;
    case TimePrior::Kind::Chain:
      if (time.power)
        add(terms, std::make_shared<MarkovPrior>(fftOf(unknown), *time.chain, time.power), time.onLog);
      else
        add(terms, std::make_shared<MarkovPrior>(unknown, *time.chain), time.onLog);
      break;
    case TimePrior::Kind::Gamma:
      add(terms,
          std::make_shared<GammaChain>(
              unknown, GammaChain::Parameters{time.shape, time.initialShape, time.initialMean.value_or(level),
                                              GammaChain::Density::PerLogX}),
          false);
      break;
    case TimePrior::Kind::TotalVariation:
      addSparsity(terms, temporalVariation(unknown, time.strength.value_or(strength), epsilon));
      break;
  }
  return terms;
}

std::shared_ptr<const SpectralRange> rangeOf(const ImagingPriors& priors, const Cube& unknown) {
  const SpacePrior& space = priors.space;
  if (!space.still) return nullptr;
  return std::make_shared<SpectralRange>(fftOf(unknown), space.power, space.mean);
}

}  // namespace lacuna
