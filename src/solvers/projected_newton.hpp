#pragma once
#include "solvers/bounds.hpp"
#include "solvers/map_solver.hpp"

namespace lacuna {

/// Newton-CG on the free variables, the two-metric projection of Bertsekas (1982, doi:10.1137/0320018): a variable
/// whose gradient pushes it to its bound and that the Cauchy step would take there goes there; the others take a Newton
/// step, truncated where it stops to gain, and are projected. An Armijo search along the projected path; steps whose
/// gain is below the rounding of the energy are judged by their slope (Hager & Zhang 2005, doi:10.1137/030601880). Used
/// instead of TAO's bounded Newton types: those end at an infinite energy or at a search that fails at the optimum by
/// rounding, and need a new set of reduced matrices at every step. Collective.
MapResult projectedNewton(const Term& term, const MapOptions& options, const Bounds& bounds, Vec x, Observer* observer);

}  // namespace lacuna
