#pragma once
#include <functional>
#include <limits>
#include <string>

#include "base/observer.hpp"
#include "model/term.hpp"
#include "solvers/stopped.hpp"

namespace lacuna {

struct MapOptions {
  /// "newton": projected Newton-CG, "lbfgs": projected L-BFGS, both with bounds or without (see projected_newton.hpp,
  /// projected_lbfgs.hpp). Others are TAO types: without bounds nls, ntr, lmvm, ...; with bounds the quasi-Newton ones:
  /// bqnls, blmvm, bncg, ...
  std::string method = "nls";
  Curvature curvature = Curvature::Hessian;  ///< what Newton's method gets
  double rtol = 1e-6;                        ///< stop when E - E* <= rtol (E(start) - E*)
  /// nats: the energy of the start that rtol refers to; NaN: that of x. For polishing what another method has begun.
  double startEnergy = std::numeric_limits<double>::quiet_NaN();
  int iterations = 200;  ///< limit
  /// Of the method that this goes on from: they count for the limit, for the result and for what the observer is told.
  int iterationsBefore = 0;
  double started = std::numeric_limits<double>::quiet_NaN();  ///< MPI_Wtime() then; NaN: now
  std::string prefix = {};                                    ///< of the PETSc options
  double lower = -std::numeric_limits<double>::infinity();    ///< x_i >= lower
  Vec lowerEach = nullptr;                                    ///< x_i >= lowerEach_i instead; a view
  /// The variables are logarithms, x = exp(s); "newton" only. No step is longer than 2 then: where one overshoots, and
  /// exp(s) is nothing, no derivative tells of it. And the Fisher curvature of s has no part of what bends exp(s), so
  /// that a pixel on its way to 0 would promise for ever what it has left behind: max(g, 0) is added.
  bool logarithms = false;
  /// An approximate inverse of the curvature at a point, symmetric and positive; "newton" only. May be empty.
  std::function<OperatorPointer(const TermAt&)> preconditioner = {};
};

struct MapResult : Stopped {
  double startEnergy = 0;  ///< nats, at the point given (moved into the bounds)
  double energy = 0;       ///< nats
  double gap = 0;  ///< estimate of E - E*, nats: 1/2 g^T M^-1 g over the free variables, and what bounds leave to gain
  double gradientNorm = 0;    ///< the KKT residual: of the gradient without what pushes against a bound
  bool stands = false;        ///< energies stand still above what rtol asks for: more iterations do not help
  std::int64_t atBound = 0;   ///< variables at their bound
  std::int64_t products = 0;  ///< of the curvature with a vector ("newton")
};

/// Minimises a Term, over x >= lower if bounds are given. Collective. `x` holds the starting point, and then the MAP
/// estimate: a start near the optimum (a proximal solver's result) is polished. Throws what the Term throws; exit 70
/// where an energy or gradient is NaN, 65 if the start is infeasible, 78 if the method cannot hold bounds. +inf at a
/// trial point is a rejected step. Not converging is not an error: see MapResult.
MapResult solveMap(const Term& term, const MapOptions& options, Vec x, Observer* observer = nullptr);

}  // namespace lacuna
