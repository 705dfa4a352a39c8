#pragma once
#include <memory>
#include <string>

#include "base/observer.hpp"
#include "model/term.hpp"
#include "solvers/bounds.hpp"
#include "solvers/map_solver.hpp"

namespace lacuna {

/// Where a projected method stands, x inside its bounds, and what such methods share: the two-metric projection of
/// Bertsekas (1982, doi:10.1137/0320018). A variable whose gradient pushes it to its bound, and that a step of a given
/// length along the gradient would take there, goes there; the others take a step of their own and are projected.
/// Collective.
struct ProjectedPoint {
  const Term& term;
  const Bounds& bounds;
  Vec x;
  VecHandle g;
  std::unique_ptr<TermAt> at;  ///< if it is kept
  double energy = 0;           ///< nats
  int iteration = -1;          ///< the last one that was told; -1: none yet
  double kkt = 0;              ///< ||g|| without the parts at bounds that push against them

  static constexpr double rounding = 1e-13;  ///< of an energy, relative

  /// Of the term at x, for its curvature, or energy and gradient alone.
  enum class Keeps { Term, Numbers };
  /// Moves x into the bounds. Throws 70 where energy or gradient is NaN, 65 where the energy is infinite.
  ProjectedPoint(const Term& t, const Bounds& b, Vec start, Keeps keeps = Keeps::Term);
  /// d_i <- the way to the bound, free_i <- 0 where the gradient pushes there and a step of `length` gets there; free_i
  /// <- 1 and d_i <- 0 elsewhere. What the former can gain at most, nats.
  double chooseFree(double length, Vec free, Vec d) const;
  /// Length of the step along the gradient, without what pushes against bounds, that would minimise the quadratic of
  /// curvature H.
  double cauchyLength(const LinearOperator& H) const;
  /// Cuts the step d off where it leaves the bounds: the way there, and free_i <- 0. How many that are.
  double cutAtBounds(Vec free, Vec d) const;
  /// Shortens the step d until it is good by Armijo's rule along the projected path, and takes it; steps whose gain is
  /// below the rounding of the energy are judged by their slope (Hager & Zhang 2005, doi:10.1137/030601880). The
  /// length; 0 if none is good.
  double search(Vec d);
  /// The same, computing the gradient with every energy and keeping no `at`: x and g move to the trial points, and
  /// where they came from is in `start` and `slope` in the end.
  double search(Vec d, Vec start, Vec slope);
  void report(Observer* observer, int number, double seconds, bool last = false);
  /// The start: into the result, and told where it is nobody's last iteration.
  void begin(Observer* observer, MapResult& r, bool restored);
  /// What a result, of which it is known whether it converged or met its limit, says of this point and why it stopped.
  void conclude(MapResult& result, const std::string& method) const;

 private:
  std::string place() const;
  double checked(double energy) const;
  void checkGradient();
  double moveAlong(double a, Vec d, Vec start, Vec slope, Vec trial) const;
  double slopeAlong(Vec slope, Vec start, Vec trial) const;
};

}  // namespace lacuna
