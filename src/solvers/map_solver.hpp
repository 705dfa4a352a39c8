#pragma once
#include <string>

#include "base/observer.hpp"
#include "model/term.hpp"
#include "solvers/stopped.hpp"

namespace lacuna {

struct MapOptions {
  std::string method = "nls";                ///< a TAO type without bounds: nls, ntr, lmvm, ...
  Curvature curvature = Curvature::Hessian;  ///< what Newton's method gets
  double rtol = 1e-6;                        ///< stop when E - E* <= rtol (E(start) - E*)
  int iterations = 200;                      ///< limit
  std::string prefix;                        ///< of the PETSc options
};

struct MapResult : Stopped {
  double startEnergy = 0;  ///< nats, at the point given
  double energy = 0;       ///< nats
  double gap = 0;          ///< estimate of E - E*, nats: 1/2 g^T M^-1 g with the Fisher curvature M
  double gradientNorm = 0;
};

/// Minimises a Term with TAO. Collective. `x` holds the starting point, and then the MAP estimate. Throws what the Term
/// throws; exit 70 where an energy or gradient is NaN, 65 if the start is infeasible. +inf at a trial point is a
/// rejected step. Not converging is not an error: see MapResult.
MapResult solveMap(const Term& term, const MapOptions& options, Vec x, Observer* observer = nullptr);

}  // namespace lacuna
