#pragma once
#include <memory>

#include "base/space.hpp"

namespace lacuna {

class LinearOperator;

/// A forward model: the predicted data A(x), and its derivative at a point. Immutable. Collective.
class Model {
 public:
  virtual ~Model() = default;
  const Space& domain() const { return domain_; }
  const Space& range() const { return range_; }

  /// y <- A(x), overwritten. Throws if x or y is not in its space, or if they are the same vector.
  void apply(Vec x, Vec y) const;
  /// The derivative J = dA/dx at x, which keeps what it needs of x. A LinearOperator returns itself.
  std::shared_ptr<const LinearOperator> linearise(Vec x) const;
  /// sum_k g_k d^2 A_k / dx^2 at x, g in the range: a symmetric operator on the domain, which keeps what it needs of x
  /// and g. It is what a Hessian of E(A(x)) has beside J^T E'' J. Null where A is linear; null, too, from a model that
  /// does without it, whose Hessians are then those of Gauss and Newton.
  std::shared_ptr<const LinearOperator> secondDerivative(Vec x, Vec g) const;

 protected:
  Model(Space domain, Space range) : domain_(std::move(domain)), range_(std::move(range)) {}
  void require(const Space& space, Vec x, const char* what) const;

 private:
  virtual void doApply(Vec x, Vec y) const = 0;
  virtual std::shared_ptr<const LinearOperator> doLinearise(Vec x) const = 0;
  virtual std::shared_ptr<const LinearOperator> doSecondDerivative(Vec, Vec) const { return nullptr; }
  Space domain_, range_;
};

}  // namespace lacuna
