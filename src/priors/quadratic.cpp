#include "priors/quadratic.hpp"

#include "operators/algebra.hpp"

namespace lacuna {

void addToFrames(double factor, std::span<const double> d, Vec x) {
  if (d.empty()) return;
  const WriteLocal out(x);
  const auto frames = static_cast<PetscInt>(d.size()), slab = out.size() / frames;
  for (PetscInt f = 0; f < frames; ++f) {
    const double shift = factor * d[static_cast<std::size_t>(f)];
    for (PetscInt i = f * slab; shift != 0 && i < (f + 1) * slab; ++i) out[i] += shift;
  }
}

QuadraticAt::QuadraticAt(OperatorPointer B, OperatorPointer precision, std::function<OperatorPointer()> root,
                         std::span<const double> d, Vec x)
    : B_(std::move(B)), precision_(std::move(precision)), root_(std::move(root)), residual_(B_->range().scratch()) {
  B_->apply(x, residual_);
  addToFrames(-1, d, residual_);
  if (!precision_) return;
  weighted_.emplace(B_->range().scratch());
  precision_->apply(residual_, *weighted_);
}

double QuadraticAt::value() const {
  PetscScalar rr = 0;
  check(VecDot(residual_, weighted(), &rr));
  return 0.5 * rr;
}

void QuadraticAt::gradient(Vec g) const { B_->applyAdjoint(weighted(), g); }

OperatorPointer QuadraticAt::curvature(Curvature) const {
  return compose(adjoint(B_), precision_ ? compose(precision_, B_) : B_);
}

OperatorPointer QuadraticAt::factor() const { return root_ ? compose(root_(), B_) : B_; }

}  // namespace lacuna
