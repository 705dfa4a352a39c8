#pragma once
#include <memory>

#include "base/observer.hpp"
#include "operators/linear_operator.hpp"
#include "solvers/stopped.hpp"

namespace lacuna {

struct RichardsonLucyOptions {
  int iterations = 100;
  /// Vector extrapolation of Biggs & Andrews 1997 (doi:10.1364/AO.36.001766): each step starts at max(x_k + a (x_k -
  /// x_(k-1)), 0), with a in [0, 1) from the last two steps. Three more vectors.
  bool accelerate = false;
};

struct RichardsonLucyResult : Stopped {
  double energy = 0;  ///< nats, of x
};

/// Richardson-Lucy (expectation maximisation) for y ~ Poisson(mu), mu = e (H x) + b, H >= 0:
///   x <- x * [H^T (e y / mu)] / [H^T e],
/// with masked data left out of both sums. It never increases E = sum (mu - y ln mu), keeps x >= 0 and, where b = 0,
/// sum e (H x) = sum y. Where H^T e = 0 (pixels that no datum sees) x is 0. It has no prior: it fits noise in the end,
/// so it stops by the number of iterations alone. (W. H. Richardson 1972, L. B. Lucy 1974; Shepp & Vardi 1982.)
///
/// With a Convolution all vector work is done on lines that are in the cache. Collective.
class RichardsonLucy {
 public:
  /// In the range of H: `counts`, and (null: 1, `level`, all) `exposure`, `background`, `mask` (0: does not count).
  /// Without a mask these vectors are shared, and must not change. Throws 65 on counts that are negative or not finite,
  /// and exposures or backgrounds that are, inside the mask.
  RichardsonLucy(OperatorPointer H, Vec counts, Vec exposure = nullptr, Vec background = nullptr, Vec mask = nullptr,
                 double level = 0);

  /// From x >= 0 (zeros stay zeros) to the result. `observer` (may be null) is told x and E(x) after each iteration;
  /// with acceleration E is that of the extrapolated start of the next step. A run that is resumed goes on from its x,
  /// bit by bit as it would have gone without an interruption. Throws 65 if x is negative or not finite,
  /// and if there are counts where the mean is 0 at the start.
  RichardsonLucyResult solve(Vec x, const RichardsonLucyOptions& options, Observer* observer = nullptr) const;

 private:
  class Projector;
  struct Momentum;
  double evaluate(const Projector& project, Vec x, const Momentum* momentum, bool energy) const;
  void advance(const Projector& project, Vec x, Momentum* momentum) const;

  OperatorPointer H_;
  VecHandle y_, e_, b_;  ///< masked entries are zero in all; no e_: 1 everywhere; no b_: `level_`
  double level_;
  VecHandle inverse_;  ///< 1 / (H^T e), 0 where that is zero but for the rounding errors of a transform
};

}  // namespace lacuna
