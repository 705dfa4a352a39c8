#pragma once
#include "operators/linear_operator.hpp"

namespace lacuna {

/// diag(M)^-1 of a positive semi-definite M, where it is known (see KnownDiagonal): null where no part of it is. Of a
/// sum the parts that cannot tell theirs are left out. What is below a thousandth of the mean is taken as that.
/// Collective.
OperatorPointer jacobi(const LinearOperator& M);

}  // namespace lacuna
