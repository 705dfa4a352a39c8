#pragma once
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "solvers/array_views.hpp"

namespace lacuna {

/// The split z = x of ADMM: zero outside the image and, where asked, z >= 0 inside. Kept as the point s alone, since
/// z = max(s, 0), and its reflection 2 z - s = |s|, cost nothing.
class BoundSplit {
 public:
  /// Collective. `grid` has the frames of the image.
  BoundSplit(const Cube& grid, const Cube& image, bool positive, double relaxation);

  /// Collective over space(). z = x, the multipliers zero.
  void start(Vec x);
  /// Collective over space(). x <- z
  void result(Vec x) const;

  /// Collective over space(). v <- v - lambda, the multipliers: lambda = penalty (z - s) >= 0, and 0 where z > 0.
  void subtractMultipliers(Vec v) const;

  /// Rows of penalty * (2 z - s).
  void fill(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  /// s <- s + relaxation (x - z)
  void update(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x);
  /// Rows of z.
  void values(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  void setPenalty(double rho);  ///< keeps z and the multipliers
  double penalty() const { return rho_; }
  const WindowRows& rows() const { return rows_; }
  /// Adds all that the next iteration needs to a state.
  void keepIn(State& state, ArrayViews& views);

 private:
  std::size_t at(PetscInt frame, PetscInt row) const {
    return (static_cast<std::size_t>(frame) * rows_.rows() + row) * static_cast<std::size_t>(rows_.rowLength());
  }
  /// f(inside, offset in the array of rows, count) for every piece of these rows.
  template <class F>
  void eachPiece(PetscInt firstRow, PetscInt count, F&& f) const;

  Space space_;  ///< of the grid
  Cube image_;
  WindowRows rows_;
  bool positive_;
  double relaxation_, rho_ = 1;
  std::vector<double> s_;  ///< [frame][row][pixel]
};

}  // namespace lacuna
