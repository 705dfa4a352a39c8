#pragma once
#include <cstdint>
#include <memory>

#include "base/rng.hpp"
#include "model/term.hpp"

namespace lacuna {

/// -log p(y | mu) for data y with independent entries, given their mean mu: E(mu) = sum_i E_i(mu_i). Knows nothing of
/// x. Immutable; Collective but for prox().
class Noise {
 public:
  explicit Noise(Space space) : space_(std::move(space)) {}
  virtual ~Noise() = default;
  const Space& space() const { return space_; }  ///< of the data

  double value(Vec mu) const;                         ///< nats; +inf where mu is not feasible
  double valueAndGradient(Vec mu, Vec g) const;       ///< g <- dE/dmu, may be mu; undefined where the value is +inf
  void weights(Vec mu, Curvature kind, Vec w) const;  ///< w <- diagonal of the curvature in mu
  void sample(Rng& rng, Vec mu, Vec y) const;         ///< y <- simulated data; masked entries are 0
  /// 2 sum_i (E_i(mu_i) - min_m E_i(m)): twice what a mean that fits every datum alone would gain; about one a datum
  /// where the model is right (for Gaussian noise it is chi2).
  double deviance(Vec mu) const;
  /// mu_i <- argmin_m E_i(m) + weight_i/2 (m - v_i)^2 over feasible m, and v_i where masked, for the local entries
  /// i = first ... first+count-1; the arrays begin at entry `first`, weight > 0, mu may be v. Not collective.
  void prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const;
  /// Number of data that count (not masked), over all ranks: what chi2 per datum is divided by.
  virtual std::int64_t dataCount() const = 0;

 private:
  virtual double doValue(Vec mu) const = 0;
  virtual double doValueAndGradient(Vec mu, Vec g) const = 0;
  virtual void doWeights(Vec mu, Curvature kind, Vec w) const = 0;
  virtual void doSample(Rng& rng, Vec mu, Vec y) const = 0;
  virtual double doDeviance(Vec mu) const = 0;
  virtual void doProx(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const = 0;
  void require(Vec v, const char* what) const;
  Space space_;
};

}  // namespace lacuna
