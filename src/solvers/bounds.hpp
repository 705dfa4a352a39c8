#pragma once
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// x >= lower, with one number for all or one each; without bounds lower is -infinity.
class Bounds {
 public:
  /// Collective. `each` is null if `number` is meant. Throws 78 if a bound is NaN or +infinity.
  Bounds(const Space& space, double number, Vec each);
  bool any() const { return any_; }  ///< the same on all ranks
  double lower(PetscInt i) const { return each_.empty() ? number_ : each_[static_cast<std::size_t>(i)]; }
  void project(Vec x) const;  ///< x <- max(x, lower)
  /// ||g|| without the parts at bounds that push against them. Collective.
  double kktResidual(Vec x, Vec g) const;
  std::int64_t atBound(Vec x) const;  ///< how many are there. Collective.
  VecHandle vec() const;              ///< the bounds as a vector

 private:
  Space space_;
  double number_;
  std::vector<double> each_;
  bool any_;
};

}  // namespace lacuna
