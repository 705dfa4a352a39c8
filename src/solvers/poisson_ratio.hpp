#pragma once
#include <petscsys.h>

namespace lacuna {

/// values[i] <- e_i y_i / mu_i with mu_i = e_i max(values[i], 0) + b_i; 0 where mu_i = 0. Null: e = 1, b = 0. With
/// `energy` it returns sum_i (mu_i - y_i ln mu_i), +inf where mu_i = 0 and y_i > 0 (means below 1e-300 count as
/// 1e-300 in the logarithm); else 0. About 1 ns an entry with the energy.
double poissonRatio(PetscInt count, const double* y, const double* e, const double* b, bool energy, double* values);

}  // namespace lacuna
