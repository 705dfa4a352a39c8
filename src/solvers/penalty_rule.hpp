#pragma once
#include "base/state.hpp"
#include "solvers/convex_problem.hpp"
#include "solvers/penalties.hpp"

namespace lacuna {

/// Chooses ADMM's penalties as it goes on, ever less often, since each change costs the iteration what it had gathered.
///
/// The one on u = h * x is the curvature of the noise along the path that the iteration takes,
///   rho = sum dlambda du / sum du^2 (weights du^2: where u still moves),
/// a quotient of secants as Barzilai & Borwein (1988) use for steps, measured over the last iterations before it is
/// changed. Bright pixels, which are flat in u, move most at first: rho begins low and rises as they settle. Data
/// without counts have no curvature at all: where they are all that moves, the rule would run away, so that it stays
/// within a range.
///
/// Norms |K x| have no curvature that would suit all features, most of which are zero. The penalty on w = K x balances
/// the multipliers p and w (Lorenz & Tran-Dinh 2019), rho = balance |p| / |w|: so that it follows the strength.
/// What a split has to move that is in no norm (differences across the edge of the image, the coarse image) is part of
/// w: it holds rho down where the norm is near zero, and x could not move any more. Where data and norm agree, p is
/// rounding: rho does not follow it below a thousandth of what is typical. That of starlets holds the coarse image as
/// well, which the data must move: it is at most a few times theirs.
class PenaltyRule {
 public:
  /// `gain`: largest |h(k)|^2; `typical`: curvature of the noise at the start.
  PenaltyRule(const ConvexProblem& problem, double gain, double typical);

  Penalties first(double data) const;
  void keepIn(State& state) { state.value("next_change", next_); }
  /// Whether the curvature is to be measured in an iteration, and whether penalties may change after it.
  bool measuresAt(int iteration) const;
  bool changesAt(int iteration) const { return iteration == next_; }
  /// The penalties to go on with. `curvature`: measured, 0: not; `ratios`: |p| / |w| of the splits of norms.
  Penalties next(const Penalties& now, double curvature, const Penalties& ratios);

 private:
  double gain_, typical_;
  bool split_;
  int next_ = 6;
};

}  // namespace lacuna
