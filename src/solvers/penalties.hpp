#pragma once

namespace lacuna {

/// Weights of ADMM's quadratic penalties, in nats per squared unit of the split.
struct Penalties {
  double data = 1;     ///< on u - h * x, times the relative curvature of a frame
  double bound = 1;    ///< on z - x
  double slope = 1;    ///< on w - D x
  double starlet = 1;  ///< on w - W x
  double step = 1;     ///< on w - D x in time

  bool operator==(const Penalties&) const = default;
};

}  // namespace lacuna
