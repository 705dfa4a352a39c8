#pragma once
#include <petscsys.h>

namespace lacuna {

/// Taps of a correlation along y and x: values[j * columns + k].
struct LineTaps {
  const double* values;
  PetscInt rows, columns;
};

/// For neighbouring lines l = 0 ... lines - 1 of the result and i < n:
///   out[l][i] = sum_j sum_k taps[j][k] in[l + j][i + k],
/// added to what is there if `add`. `in` points to taps.rows + lines - 1 lines of n + taps.columns - 1 entries. One
/// column is a sum of lines, one row a filter along x. Two lines at a time share what is loaded; the widest vector
/// instructions of the processor are chosen at run time.
void correlateLines(const double* const* in, const LineTaps& taps, PetscInt n, PetscInt lines, bool add,
                    double* const* out);

}  // namespace lacuna
