#pragma once
#include <functional>
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "operators/starlet.hpp"
#include "solvers/array_views.hpp"
#include "solvers/split_size.hpp"

namespace lacuna {

/// What happens to the points s of a StarletSplit: s <- w + keep (s - w) + relaxation (W x - w), w = s beyond the
/// threshold before / m, and to the change of the right-hand side, m (2 w - s - W a) with the new s and its threshold
/// after / m. W x follows from W a, a' = a + c (x - a).
struct StarletMove {
  double before, after, keep, relaxation, c;
};

/// The split w = W x of ADMM for the l1 norm of starlet coefficients, E = strength sum_{j <= J} sum_p |w_j(p)|, frame
/// by frame. W mirrors the image at its edges, so that W^T W is not diagonal in Fourier space. With M the weights of
/// pixels, 1/2 for every axis along which they are first or last, W is self-adjoint in <., M .> (the mirrored image is
/// periodic, with its edges once in a period and all else twice), and 0 <= sum_j W_j^2 <= 1 there: so that
///   W^T M W <= M <= 1.
/// The penalty of the split is therefore rho/2 |w - W x|_M^2, and what is missing to rho/2 |x|^2 on the whole periodic
/// grid is a second split w' = V x, V^T V = 1 - W^T M W, that costs nothing: the x-step is exact with rho alone. V need
/// not be known: the free w' = V a has a <- a + relaxation (x - a), and V^T w' = a - W^T M W a.
class StarletSplit {
 public:
  /// Collective. `rows`: how the image lies in `grid`.
  StarletSplit(const Cube& grid, const WindowRows& rows, const Cube& image, int scales, double strength,
               double relaxation);

  /// Collective. Takes w = W x and a = x as the first point.
  void start(Vec x);
  /// Adds rho (W^T M (2 w - s) + V^T w') to rows.
  void add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  void take(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x);
  /// Collective. s <- s + relaxation (W x - w), for the x taken of all frames.
  void step();
  /// Collective. Keeps w and the multipliers.
  void setPenalty(double rho);
  /// Collective. v <- v + W^T p in the space of the image, p = rho M (s - w) the multipliers, |p| <= strength.
  void addMultipliers(Vec v) const;
  /// Of the multipliers and of w and w' here, in |.|_M and its dual norm.
  SplitSize size() const;
  /// Collective. Adds all that the next iteration needs to a state.
  void keepIn(State& state, ArrayViews& views);
  void resumed();  ///< Collective. To be called after the state was restored.

  /// Bytes that it keeps on this rank.
  static std::int64_t bytes(const Cube& grid, const Cube& image, int scales);

 private:
  /// f(where a scale begins in s, in the range of W, and in an image; entries), frame by frame.
  template <class F>
  void eachPlane(PetscInt scale, F&& f) const;
  /// Collective. Calls f(scale, w) for the coefficients w of a.
  void transformAverage(const std::function<void(PetscInt scale, Vec w)>& f);
  /// Moves the s of a scale, and Wa to the coefficients `now` (null: stays); what they add to the right-hand side goes
  /// into `change`.
  void move(const StarletMove& move, PetscInt scale, const double* now, Vec change);
  /// Collective. Gathers the change of all scales for the right-hand side.
  void gather(Vec change);

  Space space_;  ///< of the grid
  Cube image_;
  const WindowRows& rows_;
  Starlet transform_;
  double strength_, relaxation_, rho_ = 1;
  std::size_t row_;              ///< doubles
  std::vector<double> weight_;   ///< [pixel] M, of a frame of the image here
  Cube coefficients_;            ///< [frame][scale][pixel]: the coarse image costs nothing and has no split
  VecHandle s_, Wa_;             ///< W a when s was moved
  std::vector<double> average_;  ///< [frame][row][pixel] a
  std::vector<double> sum_;      ///< [frame][row][pixel] W^T M (2 w - s - W a)
};

}  // namespace lacuna
