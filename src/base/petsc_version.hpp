#pragma once
/// What changed between PETSc 3.18 and the releases after it (their lists of changes were read up to 3.25) in the calls
/// that lacuna makes. No other file may ask for a version of PETSc; a rule of tests/style sees to that.
#include <petscmat.h>
#include <petsctao.h>

namespace lacuna::petsc {

#if PETSC_VERSION_LT(3, 22, 0)
inline constexpr PetscReal current = PETSC_DEFAULT;  ///< leaves a tolerance as it is
inline constexpr PetscInt unlimited = -1;            ///< from 3.22 on -1 means the default of the method
#else
inline constexpr PetscReal current = PETSC_CURRENT;
inline constexpr PetscInt unlimited = PETSC_UNLIMITED;
#endif

/// Renamed in 3.21.
inline PetscErrorCode setMonitor(Tao tao, PetscErrorCode (*monitor)(Tao, void*), void* context) {
#if PETSC_VERSION_LT(3, 21, 0)
  return TaoSetMonitor(tao, monitor, context, nullptr);
#else
  return TaoMonitorSet(tao, monitor, context, nullptr);
#endif
}

/// petsc::setOperation(MatShellSetOperation, ...): what stands for "any function" there is void (*)(void), from 3.24 on
/// PetscErrorCodeFn*.
template <class Any, class Function>
PetscErrorCode setOperation(PetscErrorCode (*set)(Mat, MatOperation, Any), Mat shell, MatOperation which, Function* f) {
  return set(shell, which, reinterpret_cast<Any>(f));
}

}  // namespace lacuna::petsc
