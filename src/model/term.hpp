#pragma once
#include <memory>
#include <vector>

#include "operators/linear_operator.hpp"

namespace lacuna {

enum class Curvature {
  Hessian,  ///< second derivative; may be indefinite
  Fisher    ///< expected information; always positive semi-definite
};

/// A Term seen from one point x: value, gradient and curvature share what they have in common (A x is computed once).
/// Keeps what it needs of x, which may change afterwards. Collective.
class TermAt {
 public:
  virtual ~TermAt() = default;
  virtual double value() const = 0;        ///< nats, without constants; +inf outside the domain
  virtual void gradient(Vec g) const = 0;  ///< g <- dE/dx, overwritten
  /// The curvature as a symmetric operator on the term's space; it outlives this object.
  virtual OperatorPointer curvature(Curvature kind) const = 0;
};

/// One term of -log p(x | y): a likelihood, a prior, or a sum of them. Immutable after construction.
class Term {
 public:
  explicit Term(Space space) : space_(std::move(space)) {}
  virtual ~Term() = default;
  const Space& space() const { return space_; }
  /// Collective. Throws if x is not in the space.
  std::unique_ptr<TermAt> at(Vec x) const;
  /// Collective. E(x), and g <- dE/dx where that is finite (undefined elsewhere): keeps less at a time than at(x).
  double valueAndGradient(Vec x, Vec g) const;

 private:
  virtual std::unique_ptr<TermAt> doAt(Vec x) const = 0;
  virtual double doValueAndGradient(Vec x, Vec g) const;
  Space space_;
};

/// A TermAt whose Fisher curvature has a factor, M = J^T J: a draw from N(0, M) is J^T xi with white xi.
class FactoredAt : public TermAt {
 public:
  /// J, from the term's space; it outlives this object.
  virtual OperatorPointer factor() const = 0;
};

/// A Term that samplers can perturb. Terms without a factor (total variation, l1, entropy) are plain Terms.
class FactoredTerm : public Term {
 public:
  using Term::Term;
  std::unique_ptr<FactoredAt> factoredAt(Vec x) const;

 private:
  virtual std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const = 0;
  std::unique_ptr<TermAt> doAt(Vec x) const final { return doFactoredAt(x); }
};

}  // namespace lacuna
