#pragma once
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "solvers/array_views.hpp"
#include "solvers/split_size.hpp"

namespace lacuna {

/// The split w_t = x_t - x_{t-1} of ADMM for total variation in time, E = strength sum_{t >= 1} sum_p |w_t(p)|, on the
/// periodic grid: outside the image x is 0 in all frames, and costs nothing. Its quadratic term, rho/2 |w - D x|^2, is
/// that of a random walk of sd rho^(-1/2), which SpectralChain solves for. Kept as the points s of the proximal step;
/// x of one frame at a time is compared with the frame that was taken before it, a neighbour in time.
class StepSplit {
 public:
  /// Collective. `grid` has the frames of the image.
  StepSplit(const Cube& grid, double strength, double relaxation);

  /// Adds rho D^T (2 w - s) to rows.
  void add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  /// Takes rows of x. Frames come one after the other, upwards or downwards in time: s <- s + relaxation (D x - w).
  void take(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x);
  void finish();                ///< Collective over time(): the steps from one group to the next.
  void setPenalty(double rho);  ///< keeps w and the multipliers
  SplitSize size() const;       ///< of the multipliers and of w here
  /// Collective over space(). v <- v + D^T p in the space of the image, p = rho (s - w) the multipliers, |p| <=
  /// strength. `rows`: how the image lies in the grid.
  void addMultipliers(const WindowRows& rows, const Space& image, Vec v) const;
  /// Adds all that the next iteration needs to a state.
  void keepIn(State& state, ArrayViews& views);
  void resumed() { sendFirst(); }  ///< Collective over time(). To be called after the state was restored.

  static std::int64_t bytes(const Cube& grid);  ///< that it keeps on this rank

 private:
  void sendFirst();
  void exchange(const double* mine, int to, double* theirs, int from) const;

  Space space_;  ///< of the grid
  MPI_Comm comm_;
  double strength_, relaxation_, rho_ = 1;
  std::size_t row_ = 0, plane_ = 0;  ///< doubles
  PetscInt frames_;                  ///< here
  int before_ = MPI_PROC_NULL, after_ = MPI_PROC_NULL;
  PetscInt current_ = -1, previous_ = -1;     ///< frames taken
  std::vector<double> s_;                     ///< [frame][row][pixel] of the step into the frame
  std::vector<double> next_;                  ///< s of the step into the first frame of the next group
  std::vector<double> taken_;                 ///< x of the frame taken before
  std::vector<double> first_, last_, ghost_;  ///< x of my first and last frame, and of the one before
};

}  // namespace lacuna
