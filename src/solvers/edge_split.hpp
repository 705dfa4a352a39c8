#pragma once
#include <array>
#include <memory>
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "solvers/array_views.hpp"

namespace lacuna {

/// Makes the boundary of a quadratic smoothness prior free. The x-step of ADMM takes strength/2 |D x|^2 over all pairs
/// of neighbours of the periodic grid exactly; for the pairs that leave the image it must not count. These have a split
/// w = D x without a cost of its own, whose penalty is the prior's own strength, so that the x-step stays as it is:
///   E = strength/2 sum_inside |D x|^2 + strength/2 sum_leaving |D x - w|^2,   w <- w + relaxation (D x - w).
class EdgeSplit {
 public:
  /// Collective. `rows`: how the image lies in `grid`.
  EdgeSplit(const Cube& grid, const WindowRows& rows, const Cube& image, double strength,
            const std::array<double, 3>& spacing, double relaxation);

  /// Adds strength D^T w to rows.
  void add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  void update(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x);
  void finish();  ///< Collective over space(): the pairs across rows, whose ends may be on two ranks
  /// Collective. Adds all that the next iteration needs to a state.
  void keepIn(State& state, ArrayViews& views);

 private:
  /// The pairs along one axis that leave the image: from pixel `low` to pixel `high` of the grid.
  struct Pair {
    PetscInt low, high;
  };
  static std::vector<Pair> leaving(PetscInt image, PetscInt grid);
  /// An end, here, of a pair across rows.
  struct RowEnd {
    PetscInt row;           ///< local
    std::size_t place;      ///< among the ends of all ranks
    double sign;            ///< D = sign (x at this end - x at the other)
    std::vector<double> w;  ///< [frame][pixel of the row]; the same at both ends
  };

  /// `perRow` values of every row of the grid that is here, by frame.
  Space rowSpace(std::int64_t perRow) const;

  Cube grid_;
  const WindowRows& rows_;
  double relaxation_;
  std::size_t frames_, row_;
  std::array<double, 3> strength_{};  ///< strength / spacing^2: rows, lines, pixels
  std::vector<Pair> pixels_, lines_;
  std::vector<double> w_, v_;  ///< [frame][row][line][pair], [frame][row][pair][pixel]
  std::vector<RowEnd> ends_;
  std::size_t allEnds_ = 0;           ///< of all ranks
  std::vector<double> own_, ghosts_;  ///< [frame][end][pixel]: x here, and at the other end
  std::unique_ptr<RowExchange> exchange_;
};

}  // namespace lacuna
