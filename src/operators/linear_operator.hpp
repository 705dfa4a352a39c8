#pragma once
#include <cstdint>
#include <memory>

#include "operators/model.hpp"

namespace lacuna {

/// A linear map y = A x between distributed vectors, with the adjoint for the plain dot product:
/// dot(A x, y) == dot(x, A^T y). Collective; const; arguments must not alias. Make them by std::make_shared.
class LinearOperator : public Model, public std::enable_shared_from_this<LinearOperator> {
 public:
  void applyAdjoint(Vec y, Vec x) const;  ///< x <- A^T y    (x overwritten)
  /// y <- A^T diag(w) A x (y overwritten), w in the range; counts as two applications. Operators made of
  /// transforms do this without a pass over memory between A and A^T.
  void applyGram(Vec w, Vec x, Vec y) const;

  /// y <- y + A x; what a sum of operators is made of. Counts as one application.
  void addTo(Vec x, Vec y) const;

  /// A, A^T together, since construction.
  std::int64_t applications() const { return count_; }

 protected:
  using Model::Model;

 private:
  virtual void doApplyForward(Vec x, Vec y) const = 0;
  virtual void doApplyAdjoint(Vec y, Vec x) const = 0;
  virtual void doApplyGram(Vec w, Vec x, Vec y) const;
  virtual void doAddTo(Vec x, Vec y) const;
  void doApply(Vec x, Vec y) const final;
  std::shared_ptr<const LinearOperator> doLinearise(Vec x) const final;
  mutable std::int64_t count_ = 0;
};

using OperatorPointer = std::shared_ptr<const LinearOperator>;

}  // namespace lacuna
