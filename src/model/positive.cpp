#include "model/positive.hpp"

#include <algorithm>
#include <cmath>

#include "operators/algebra.hpp"

namespace lacuna {

void Positive::doApply(Vec s, Vec x) const {
  const ReadLocal in(s);
  const WriteLocal out(x);
  for (PetscInt i = 0; i < in.size(); ++i) out[i] = std::exp(std::clamp(in[i], -300.0, 300.0));
}

OperatorPointer Positive::doLinearise(Vec s) const {
  VecHandle x = range().vec();
  doApply(s, x);
  return diagonal(range(), std::move(x));
}

OperatorPointer Positive::doSecondDerivative(Vec s, Vec g) const {
  VecHandle x = range().vec();
  doApply(s, x);
  check(VecPointwiseMult(x, x, g));
  return diagonal(range(), std::move(x));
}

}  // namespace lacuna
