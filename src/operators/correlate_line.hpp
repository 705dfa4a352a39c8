#pragma once
#include <petscsys.h>

namespace lacuna {

/// out[i] = sum_j sum_k taps[j * tapCount + k] rows[j][i + k] for i < n; added to what is in `out` if `add`. Rows need
/// n + tapCount - 1 entries. One tap is a sum of rows, one row a filter along x. Compiled for several instruction sets,
/// chosen when the program starts; about 8 multiply-adds of doubles a cycle.
void correlateLine(const double* const* rows, PetscInt rowCount, const double* taps, PetscInt tapCount, PetscInt n,
                   bool add, double* out);

}  // namespace lacuna
