#pragma once
#include "solvers/bounds.hpp"
#include "solvers/map_solver.hpp"

namespace lacuna {

/// Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.4) over the free variables, with the two-metric projection
/// of ProjectedPoint: gradients alone, no products with a curvature but those of the estimate of the gap. It keeps
/// 8 1/2 vectors, x among them: the gradient and the one before, the step, four pairs (the newest of which holds the
/// point before) and a diagonal, the last two in single precision. The energy takes some beside them while it is
/// computed; TAO's types keep 35 to 57 (PETSc 3.18). Collective.
MapResult projectedLbfgs(const Term& term, const MapOptions& options, const Bounds& bounds, Vec x, Observer* observer);

}  // namespace lacuna
