#pragma once
#include "base/rng.hpp"
#include "model/term.hpp"

namespace lacuna {

/// A Term that is a distribution, and can be drawn from. Collective.
class Prior : public FactoredTerm {
 public:
  using FactoredTerm::FactoredTerm;
  /// x <- a draw, exact. Advances the draw counter of rng.
  virtual void sample(Rng& rng, Vec x) const = 0;
};

}  // namespace lacuna
