#pragma once
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "operators/starlet.hpp"
#include "solvers/array_views.hpp"
#include "solvers/split_size.hpp"

namespace lacuna {

/// The split w = W x of ADMM for the l1 norm of starlet coefficients, E = strength sum_{j <= J} sum_p |w_j(p)|, frame
/// by frame. W mirrors the image at its edges, so that W^T W is not diagonal in Fourier space. With the weights M of
/// the mirrored image (Starlet) 0 <= sum_j W_j^2 <= 1 in <., M .>, so that
///   W^T M W <= M <= 1.
/// The penalty of the split is therefore rho/2 |w - W x|_M^2, and what is missing to rho/2 |x|^2 on the whole periodic
/// grid is a second split w' = V x, V^T V = 1 - W^T M W, that costs nothing: the x-step is exact with rho alone. V need
/// not be known: the free w' = V a has a <- a + relaxation (x - a), and V^T w' = a - W^T M W a.
class StarletSplit {
 public:
  /// Collective. `rows`: how the image lies in `grid`.
  StarletSplit(const Cube& grid, const WindowRows& rows, const Cube& image, int scales, const Spacing& spacing,
               double strength, double relaxation);

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
  static std::int64_t bytes(const Cube& grid, const Cube& image, int scales, const Spacing& spacing);

 private:
  /// Collective. The coefficients of a.
  void analyseAverage(const Starlet::TakeRow& take) const;
  /// strength / (rho M) of a row, without the part of its pixels' M.
  double threshold(const StarletRow& row) const;
  /// w of a pixel of a row, and p = s - w.
  struct Shrunk {
    double p, w;
  };
  Shrunk shrunk(const StarletRow& row, std::size_t i, double s) const;
  /// f(row of a scale), for all.
  template <class F>
  void eachRow(F&& f) const;
  /// Collective. Gathers what the split gives to the right-hand side.
  void gather();

  Space space_;  ///< of the grid
  Cube image_;
  const WindowRows& rows_;
  Starlet transform_;
  double strength_, relaxation_, rho_ = 1;
  std::size_t row_;  ///< doubles of a row of the grid
  /// [scale][pixel] w = s beyond the threshold strength / (rho M); 2 w - s - W a. The coarse image costs nothing and
  /// has no split.
  std::vector<std::vector<double>> s_, right_;
  std::vector<double> average_;  ///< [frame][row][pixel] a
  std::vector<double> sum_;      ///< [frame][row][pixel] W^T M right_
};

}  // namespace lacuna
