#pragma once
/// New operators from old ones. All take part in ownership of their parts; all throw if spaces do not fit.
#include <vector>

#include "operators/linear_operator.hpp"

namespace lacuna {

OperatorPointer identity(const Space& space);                   ///< x
OperatorPointer diagonal(const Space& space, VecHandle d);      ///< diag(d) x
OperatorPointer compose(OperatorPointer B, OperatorPointer A);  ///< B A x: A first
OperatorPointer sum(std::vector<OperatorPointer> parts);        ///< (A + B + ...) x
OperatorPointer scale(double factor, OperatorPointer A);        ///< factor A x
OperatorPointer adjoint(OperatorPointer A);                     ///< A^T y
/// (A x, B x, ...): on each rank the local parts follow one another, so that images stack into the channels of
/// a Cube. `range` is the space of the stacked result (Cube::withChannels(n).space()).
OperatorPointer stack(std::vector<OperatorPointer> parts, const Space& range);
/// A^T diag(w) A, symmetric positive semi-definite for w >= 0, through LinearOperator::applyGram.
OperatorPointer gram(OperatorPointer A, VecHandle w);
/// diag(mask != 0): keeps the entries that the mask admits, sets the others to zero. Throws 65 on NaN in the mask.
OperatorPointer mask(const Space& space, Vec mask);

}  // namespace lacuna
