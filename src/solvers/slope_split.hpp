#pragma once
#include <array>
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "solvers/array_views.hpp"

namespace lacuna {

/// What happens to the points s of a SlopeSplit: s <- w + keep (s - w) + relaxation (D x - w) with w the shrunk s.
struct SlopeMove {
  double before, after;  ///< thresholds of the shrinkage: of this w, and of the next
  double keep, relaxation;
};

/// The split w = D x of ADMM for isotropic total variation, E = strength sum_p |w_p|, frame by frame. D are differences
/// on the periodic grid; those that leave the image (free boundary) are free. Kept as the points s_a of the proximal
/// step along the axes a, and as what it adds to the right-hand side of the x-step, rho D^T (2 w - s).
class SlopeSplit {
 public:
  /// Collective. `rows`: how the image lies in `grid`.
  SlopeSplit(const Cube& grid, const WindowRows& rows, const Cube& image, double strength,
             const std::array<double, 3>& spacing, double relaxation);

  /// Adds rho D^T (2 w - s) to rows.
  void add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  /// Takes x of a frame, which step() then works on.
  void take(PetscInt firstRow, PetscInt count, const double* x);
  /// Collective over space(). s <- s + relaxation (D x - w), for the x taken.
  void step(PetscInt frame);
  /// Collective over space(). Keeps w and the multipliers.
  void setPenalty(double rho);
  /// Adds all that the next iteration needs to a state.
  void keepIn(State& state, ArrayViews& views);

 private:
  enum class Along { Rows, Lines, Pixels };  ///< the slab axis, lines of a row (volumes), x
  struct Axis {
    Along along = Along::Rows;
    double scale = 1;                 ///< 1 / spacing
    std::vector<double> s = {};       ///< [frame][row][pixel]
    std::vector<double> r = {};       ///< 2 w - s of a row
    std::vector<double> before = {};  ///< the r of the row before
  };
  bool image() const { return axes_.size() == 2 && rows_.lines() == 1; }  ///< across rows, and along them
  void exchange(const double* mine, int to, double* theirs, int from) const;
  /// Moves all s of a frame and gathers what they add to the right-hand side.
  void pass(PetscInt frame, const SlopeMove& move);
  void passLine(PetscInt frame, PetscInt row, PetscInt line, const SlopeMove& move, double* sum);

  Space space_;  ///< of the grid
  MPI_Comm comm_;
  const WindowRows& rows_;
  double strength_, relaxation_, rho_ = 1;
  std::size_t line_, row_, plane_;  ///< doubles
  PetscInt firstRow_ = 0, imageRows_ = 0;
  int before_ = MPI_PROC_NULL, after_ = MPI_PROC_NULL;  ///< ranks with the rows before and after mine, in a ring
  std::vector<Axis> axes_;
  std::vector<double> sum_;        ///< [frame][row][pixel]
  std::vector<double> x_, ghost_;  ///< x of a frame with the row after it; a row
};

}  // namespace lacuna
