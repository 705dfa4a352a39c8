#pragma once
#include <cstdint>
#include <memory>

#include "base/rng.hpp"
#include "model/term.hpp"

namespace lacuna {

/// -log p(y | mu) for data y with independent entries, given their mean mu. Knows nothing of x. Immutable; Collective.
class Noise {
 public:
  explicit Noise(Space space) : space_(std::move(space)) {}
  virtual ~Noise() = default;
  const Space& space() const { return space_; }  ///< of the data

  double value(Vec mu) const;                         ///< nats; +inf where mu is not feasible
  double valueAndGradient(Vec mu, Vec g) const;       ///< g <- dE/dmu
  void weights(Vec mu, Curvature kind, Vec w) const;  ///< w <- diagonal of the curvature in mu
  void sample(Rng& rng, Vec mu, Vec y) const;         ///< y <- simulated data; masked entries are 0
  /// Number of data that count (not masked), over all ranks: what chi2 per datum is divided by.
  virtual std::int64_t dataCount() const = 0;

 private:
  virtual double doValue(Vec mu) const = 0;
  virtual double doValueAndGradient(Vec mu, Vec g) const = 0;
  virtual void doWeights(Vec mu, Curvature kind, Vec w) const = 0;
  virtual void doSample(Rng& rng, Vec mu, Vec y) const = 0;
  void require(Vec v, const char* what) const;
  Space space_;
};

}  // namespace lacuna
