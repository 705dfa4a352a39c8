#pragma once
#include "priors/prior.hpp"

namespace lacuna {

/// xi ~ N(0, I), the prior of every whitened unknown: E = 1/2 xi.xi.
class WhitePrior final : public Prior {
 public:
  using Prior::Prior;
  void sample(Rng& rng, Vec x) const override { rng.normal(space(), x); }

 private:
  std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const override;
};

}  // namespace lacuna
