#include "operators/as_mat.hpp"

#include "base/petsc_version.hpp"
#include "base/trampoline.hpp"

namespace lacuna {
namespace {

const LinearOperator& of(Mat m) {
  void* ctx = nullptr;
  check(MatShellGetContext(m, &ctx));
  return **static_cast<OperatorPointer*>(ctx);
}
PetscErrorCode mult(Mat m, Vec x, Vec y) {
  return trampoline([&] { of(m).apply(x, y); });
}
PetscErrorCode multTranspose(Mat m, Vec y, Vec x) {
  return trampoline([&] { of(m).applyAdjoint(y, x); });
}
PetscErrorCode destroy(Mat m) {
  void* ctx = nullptr;
  const PetscErrorCode code = MatShellGetContext(m, &ctx);
  delete static_cast<OperatorPointer*>(ctx);
  return code;
}
template <class F>
void setOperation(Mat m, MatOperation which, F* f) {
  check(petsc::setOperation(MatShellSetOperation, m, which, f));
}

}  // namespace

MatHandle asMat(OperatorPointer op) {
  MatHandle m;
  const Space &d = op->domain(), &r = op->range();
  check(MatCreateShell(d.comm(), r.local(), d.local(), r.global(), d.global(), new OperatorPointer(op), m.out()));
  setOperation(m, MATOP_MULT, mult);
  setOperation(m, MATOP_MULT_TRANSPOSE, multTranspose);
  setOperation(m, MATOP_DESTROY, destroy);
  return m;
}

}  // namespace lacuna
