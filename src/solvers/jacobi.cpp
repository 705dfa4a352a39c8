#include "solvers/jacobi.hpp"

#include <algorithm>

#include "operators/algebra.hpp"
#include "operators/known_diagonal.hpp"

namespace lacuna {

OperatorPointer jacobi(const LinearOperator& M) {
  const auto* known = dynamic_cast<const KnownDiagonal*>(&M);
  VecHandle d = M.domain().vec();
  if (!known || !known->addDiagonal(d)) return nullptr;
  PetscScalar sum = 0;
  check(VecSum(d, &sum));
  if (!(sum > 0)) return nullptr;
  const double least = 1e-3 * sum / static_cast<double>(M.domain().global());
  {
    const WriteLocal v(d);
    for (PetscInt i = 0; i < v.size(); ++i) v[i] = 1 / std::max(v[i], least);
  }
  return diagonal(M.domain(), std::move(d));
}

}  // namespace lacuna
