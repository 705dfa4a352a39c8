#pragma once
#include <array>
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "solvers/array_views.hpp"
#include "solvers/split_size.hpp"

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
  /// Takes rows of x of a frame, from the first to the last: s <- s + relaxation (D x - w) of all rows before the last
  /// one taken, which waits for the next.
  void take(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x);
  /// Collective over space(). The same of the last row, once all are taken.
  void finish(PetscInt frame);
  /// Collective over space(). Keeps w and the multipliers.
  void setPenalty(double rho);
  /// Collective. v <- v + D^T p in the space of the image, p = rho (s - w) the multipliers, |p| <= strength: a
  /// subgradient of E at any x with D x = w.
  void addMultipliers(Vec v);
  /// Of the multipliers and of w here, what is free included.
  SplitSize size() const;
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
  bool inside(PetscInt row, PetscInt line) const;                   ///< the image
  bool stays(const Axis& axis, PetscInt row, PetscInt line) const;  ///< whether differences stay inside, from inside
  bool flat() const { return axes_.size() == 2 && rows_.lines() == 1; }  ///< across rows, and along them
  void exchange(const double* mine, int to, double* theirs, int from) const;
  SlopeMove step() const { return {strength_ / rho_, strength_ / rho_, 1, relaxation_}; }
  double* sumOf(PetscInt frame) { return sum_.data() + static_cast<std::size_t>(frame) * plane_; }
  /// Before the rows of a frame; and after them, Collective over space().
  void begin(PetscInt frame);
  void end(PetscInt frame);
  /// Collective over space(). Moves all s, for x = 0, and gathers what they add to the right-hand side.
  void moveAll(const SlopeMove& move);
  /// Moves the s of a row and gathers what they add to the right-hand side; x: its pixels, next: those of the next row.
  void moveRow(PetscInt frame, PetscInt row, const SlopeMove& move, const double* x, const double* next);
  void moveLine(PetscInt frame, PetscInt row, PetscInt line, const SlopeMove& move, const double* x,
                const double* next);

  Space space_;  ///< of the grid
  Space image_;
  MPI_Comm comm_;
  const WindowRows& rows_;
  double strength_, relaxation_, rho_ = 1;
  std::size_t line_, row_, plane_;  ///< doubles
  PetscInt firstRow_ = 0, imageRows_ = 0;
  int before_ = MPI_PROC_NULL, after_ = MPI_PROC_NULL;  ///< ranks with the rows before and after mine, in a ring
  std::vector<Axis> axes_;
  std::vector<double> sum_;                     ///< [frame][row][pixel]
  std::vector<double> first_, latest_, ghost_;  ///< rows of x: the first, the last one taken; a row of the next rank
};

}  // namespace lacuna
