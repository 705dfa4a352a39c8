#pragma once
#include "model/term.hpp"

namespace lacuna {

/// Maximum entropy of a positive image against a default level m (Skilling & Bryan 1984):
///   E = strength sum (x ln(x / m) - x + m),
/// 0 at x = m, +inf unless x > 0 everywhere (at x = 0 it would be finite, but has no gradient). Curvature strength / x.
/// m has the unit of x, `strength` that of 1 / x: the prior is like strength * m counts in every pixel.
class Entropy final : public Term {
 public:
  /// Throws 78 unless level > 0 and strength >= 0, both finite.
  Entropy(const Space& space, double strength, double level);

 private:
  std::unique_ptr<TermAt> doAt(Vec x) const override;
  double strength_, level_;
};

}  // namespace lacuna
