#pragma once
#include <array>
#include <vector>

#include "grid/halo.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// Size of a voxel along z, y and x, in any unit: that of x, say.
using Spacing = std::array<double, 3>;

/// Forward differences, (x(p + e_a) - x(p)) / spacing_a, 0 where p is the last along axis a (free boundary). One
/// channel of the range for each axis longer than one pixel, in the order z, y, x; a field of one pixel has one, which
/// is zero. Compact: one ghost row.
class Gradient final : public LinearOperator {
 public:
  /// Collective. The cube has one channel. Throws 78 unless the spacing is positive and finite.
  explicit Gradient(const Cube& cube, const Spacing& spacing = {1, 1, 1});
  const Cube& rangeCube() const { return rangeCube_; }
  /// Collective. sum_p |D x|_p, Euclidean norms over the axes, without the memory that D x takes.
  double sumOfLengths(Vec x) const;

 private:
  Gradient(const Cube& cube, const Spacing& spacing, std::vector<int> axes, Cube range);
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;

  Cube cube_, rangeCube_;
  std::vector<int> axes_;  ///< 0 z, 1 y, 2 x
  Spacing inverse_;        ///< 1 / spacing
  Halo halo_;
  mutable std::vector<double> padded_;  ///< made when it is used first: many have a Gradient to draw with, and never do
};

/// Throws 78 unless every component is positive and finite.
void requireSpacing(const Spacing& spacing);

}  // namespace lacuna
