#pragma once
#include <functional>
#include <limits>

#include "base/observer.hpp"
#include "solvers/convex_problem.hpp"
#include "solvers/penalties.hpp"
#include "solvers/stopped.hpp"

namespace lacuna {

/// What is left at x of the conditions of an optimum. E being convex, E(x) - E(x') <= slack + residual |x - x'| for
/// every feasible x'.
struct Optimality {
  /// Norm of the gradient of what has one, plus v, which stands in for that of the norms: v . x' <= norms(x') for every
  /// x'; without what pushes against bounds. Where x may move in some directions alone: of what they have of it and of
  /// minus the multipliers lambda >= 0 of the bounds.
  double residual = Progress::none;
  double slack = Progress::none;  ///< norms(x) - v . x (+ lambda . x), nats, never below 0
};

struct ProximalOptions {
  double rtol = 1e-6;  ///< stop when E - E* <= rtol (E(start) - E*)
  double gap = 0;      ///< nats: stop at this gap, too, where rtol asks for less than `fine`
  double fine = std::numeric_limits<double>::infinity();
  int iterations = 2000;      ///< limit
  int energyEvery = 10;       ///< iterations between evaluations of the energy
  double relaxation = 1.8;    ///< in (0, 2)
  bool adapt = true;          ///< penalties are changed, see PenaltyRule
  double firstPenalty = 0.3;  ///< of u, times the typical curvature of the noise
  bool single = false;        ///< begins in single precision, where numbers allow it
  /// Asked every `energyEvery` iterations: false stops, and x is then what it has made of it. A run that was
  /// interrupted while it answered asks again. Collective; may be empty.
  std::function<bool(const struct ProximalResult&)> goesOn = {};
  /// Where x may be in an affine space alone (modes of a field that do not vary): puts a point of the splits there,
  /// with the bounds, before E is asked. Collective; may be empty.
  std::function<void(Vec)> restrict = {};
  /// Projects orthogonally onto the directions in that space. Collective; empty if and only if restrict is.
  std::function<void(Vec)> project = {};
  /// What is left at x, where E is `energy`; addSubgradient(g) adds v, which ADMM's multipliers give, to a vector, and
  /// -lambda where there is `project`. For E with norms, and with `project`. Asked now and then, before a result is
  /// said to be converged, and at the end: where norms make energies fall unevenly, extrapolation is not enough.
  /// Collective; may be empty.
  using AddSubgradient = std::function<void(Vec g)>;
  std::function<Optimality(Vec x, double energy, const AddSubgradient&)> optimality = {};
  /// nats: the energy of the start that rtol refers to; NaN: that of x. For going on from a solution that is near.
  double startEnergy = std::numeric_limits<double>::quiet_NaN();
  Vec start = nullptr;  ///< a copy of x that the caller keeps, in its checkpoints too; null: one is made
};

struct ProximalResult : Stopped {
  double startEnergy = 0;  ///< nats, of the start that rtol refers to
  double energy = 0;       ///< nats, at the point returned
  double gap = 0;          ///< estimate of E - E*, nats, by extrapolation and optimality; infinity: none yet
  Optimality optimality;   ///< of the point returned, where it was asked for
  Penalties penalties;     ///< at the end
  State& keepIn(State& state) {
    Stopped::keepIn(state).value("start_energy", startEnergy).value("energy", energy).value("gap", gap);
    state.value("kkt", optimality.residual).value("slack", optimality.slack);
    return state.value("data_penalty", penalties.data)
        .value("bound_penalty", penalties.bound)
        .value("slope_penalty", penalties.slope)
        .value("starlet_penalty", penalties.starlet)
        .value("step_penalty", penalties.step);
  }
};

/// Why ADMM cannot solve this problem, in words; empty: it can.
std::string whyNotProximal(const ConvexProblem& problem);

/// The periodic grid that ADMM works on: for memory plans.
Shape proximalGrid(const ConvexProblem& problem);

/// Minimises a ConvexProblem by ADMM (see Admm). `x` holds the starting point, which must be in the space of the image,
/// and then the estimate, which is feasible. `energy` is E, evaluated at x >= 0 (where positive) every few iterations:
/// what decides when to stop. The penalties are chosen here. Where `single` is asked for, quadratic steps are taken
/// in single precision until rtol is reached or rounding shows, then in double precision until it is reached again.
/// Collective. Not converging is not an error. Throws 78 on problems that it cannot solve, 70 where an energy is NaN.
ProximalResult solveProximal(const ConvexProblem& problem, const std::function<double(Vec)>& energy,
                             const ProximalOptions& options, Vec x, Observer* observer = nullptr);

}  // namespace lacuna
