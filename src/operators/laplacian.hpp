#pragma once
#include <vector>

#include "grid/row_exchange.hpp"
#include "operators/gradient.hpp"
#include "operators/known_diagonal.hpp"

namespace lacuna {

/// K = D^T D with D the Gradient, in one pass: (K x)(p) = sum over the neighbours q of p along the axes a of
/// (x(p) - x(q)) / spacing_a^2. It is minus the (2d + 1)-point Laplacian, with free boundary: neighbours that do not
/// exist are left out. Symmetric, positive semi-definite; constants are its null space. Compact: a ghost row on either
/// side; the field is not copied.
class Laplacian final : public LinearOperator, public KnownDiagonal {
 public:
  /// Collective. The cube has one channel. Throws 78 unless the spacing is positive and finite.
  explicit Laplacian(const Cube& cube, const Spacing& spacing = {1, 1, 1});
  bool addDiagonal(Vec d) const override;

 private:
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override { doApplyForward(y, x); }

  /// f(local frame, local z, local y, index of the first pixel) for every line along x.
  template <class F>
  void eachLine(F&& f) const;

  Cube cube_;
  Spacing weight_;   ///< 1 / spacing^2
  std::size_t row_;  ///< pixels of a row of the slab axis
  mutable RowExchange exchange_;
  mutable std::vector<double> ghosts_;  ///< [frame][below, above][pixel]
};

}  // namespace lacuna
