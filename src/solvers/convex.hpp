#pragma once
#include <functional>
#include <memory>

#include "solvers/proximal.hpp"
#include "solvers/rounded_norms.hpp"

namespace lacuna {

struct ConvexOptions {
  ProximalOptions proximal;  ///< its rtol is that of the result
  /// nats: if rtol asks for less than this, ADMM gives way to Newton's method. It comes near the optimum sooner than
  /// any other method, and finds the pixels at their bound; the last digits are Newton's. Where pixels far from one
  /// another know of one another (chains, fields with a spectrum) Newton's steps are dear, and ADMM goes on to this
  /// gap.
  double handOver = 0.1;
  double handOverEarly = 20;  ///< nats: elsewhere, to this one
  int newtonIterations = 50;  ///< limit, after ADMM; where Richardson-Lucy takes its place, that of `proximal`
  std::string prefix = {};    ///< of the PETSc options
  /// x <- the result of that many accelerated iterations of Richardson-Lucy from x > 0, told to the observer (may be
  /// null). Empty: there is no such thing.
  std::function<void(int iterations, Vec x, Observer* observer)> richardsonLucy = {};
};

struct ConvexResult : Stopped {
  double startEnergy = 0, energy = 0;  ///< nats
  double gap = 0;                      ///< estimate of E - E*, nats
  Optimality optimality;               ///< NaN where E has no gradient; slack is NaN without norms, and after Newton
  int proximalIterations = 0, richardsonLucyIterations = 0, newtonIterations = 0;
  Penalties penalties;
};

/// Minimises a ConvexProblem by ADMM and, where rtol asks for more than ADMM gives in reasonable time, Newton's method
/// on the free pixels. Without a gradient (norms), and without a prior that holds what the data do not see, ADMM does
/// it alone.
///
/// ADMM's penalties are the same for all pixels. For sources on a dark field, 1e5 times brighter than the mean and
/// spread over a wide PSF, none fits. So where ADMM is still far away after some iterations (50), Richardson-Lucy,
/// whose steps are proportional to x, shows in a trial (40 iterations) what it can do. If that is more than half of
/// the way that ADMM has still to go, Newton's method takes over from it: nearly all pixels are at their bound there.
/// Norms are rounded for it, ever less until what that changes is within rtol: a bound, since the rounded energy is
/// below E.
///
/// Collective. Throws what solveProximal and solveMap throw.
ConvexResult solveConvex(const ConvexProblem& problem, const ConvexEnergy& energy, const ConvexOptions& options, Vec x,
                         Observer* observer = nullptr);

}  // namespace lacuna
