/// Preloaded into a program: MatMult gives a NaN on the last rank at call number NAN_AT (an environment variable), as a
/// fault of memory or of a library would.
#include <dlfcn.h>
#include <petscmat.h>

#include <cmath>
#include <cstdlib>

PetscErrorCode MatMult(Mat A, Vec x, Vec y) {
  static const auto real = reinterpret_cast<PetscErrorCode (*)(Mat, Vec, Vec)>(dlsym(RTLD_NEXT, "MatMult"));
  static const char* at = std::getenv("NAN_AT");
  static int calls = 0;
  const PetscErrorCode failed = real(A, x, y);
  if (failed || !at || ++calls != std::atoi(at)) return failed;
  int rank = 0, ranks = 0;
  PetscInt n = 0;
  PetscScalar* values = nullptr;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  PetscErrorCode e = VecGetLocalSize(y, &n);
  if (!e) e = VecGetArray(y, &values);
  if (!e && rank == ranks - 1 && n > 0) values[n - 1] = std::nan("");
  return e ? e : VecRestoreArray(y, &values);
}
