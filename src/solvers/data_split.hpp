#pragma once
#include <optional>
#include <vector>

#include "base/state.hpp"
#include "grid/window_rows.hpp"
#include "solvers/array_views.hpp"
#include "solvers/convex_problem.hpp"

namespace lacuna {

/// The split u = h * x of ADMM, with the noise's proximal step, frame by frame on the periodic grid; u is free where
/// there are no data. Kept as the point s that the proximal step was taken at and its reflection r = 2 u - s (Eckstein
/// & Bertsekas 1992: ADMM is Douglas-Rachford splitting; over-relaxed by `relaxation`):
///   s <- s + relaxation (h * x - u),   u <- argmin E_noise(exposure u + background) + rho/2 |u - s|^2.
class DataSplit {
 public:
  /// Collective. `grid` has the frames of the data.
  DataSplit(const ConvexProblem& problem, const Cube& grid, double relaxation);

  PetscInt frames() const { return static_cast<PetscInt>(curvature_.size()); }  ///< local, of the data
  /// Typical curvature of each local frame relative to that of all: the penalty is rho * curvature(frame).
  double curvature(PetscInt frame) const { return curvature_[static_cast<std::size_t>(frame)]; }
  /// Collective. Takes s = u = h * x from start() as the first point; returns the typical curvature of the noise there.
  double begin();
  void start(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx);

  /// Rows of r.
  void fill(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const;
  /// One proximal step where the data are here. finish() does it where they are away.
  void update(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx);
  void finish();  ///< Collective.
  /// Whether finish() changes r: data of some rank of space() are away.
  bool away() const { return rows_.exchanges(); }

  /// From now on update() measures the curvature of the noise along the steps.
  void measure(bool on);
  /// sum of dlambda du over sum of du^2 of the steps measured, lambda = rho (s - u): the penalty that fits. Zero where
  /// nothing moved. What was measured is forgotten.
  double measured();
  void setPenalty(double rho);  ///< keeps u and lambda
  double penalty() const { return rho_; }
  /// Adds all that the next iteration needs to a state.
  void keepIn(State& state, ArrayViews& views);

 private:
  void finishAway();
  void proxLine(PetscInt frame, PetscInt entry, PetscInt count, double* s, double* r, const double* oldU,
                const double* oldS);
  double* point(PetscInt frame, PetscInt row) { return s_.data() + at(frame, row); }
  double* reflection(PetscInt frame, PetscInt row) { return r_.data() + at(frame, row); }
  std::size_t at(PetscInt frame, PetscInt row) const {
    return (static_cast<std::size_t>(frame) * rows_.rows() + row) * static_cast<std::size_t>(rows_.rowLength());
  }
  double weight(PetscInt frame) const;
  double curvatureAt(double weight, PetscInt entry) const;

  const ConvexProblem& problem_;
  Space space_;  ///< of the grid
  WindowRows rows_;
  double relaxation_, rho_ = 1;
  bool measuring_ = false;
  double moved_ = 0, turned_ = 0;        ///< sums of du^2 and dlambda du of an iteration, here
  double allMoved_ = 0, allTurned_ = 0;  ///< of all iterations measured, of all ranks
  std::vector<double> s_, r_;            ///< [frame][row][pixel]
  std::vector<double> curvature_;
  std::vector<double> awayU_, awayS_;                  ///< before the step, as slots
  std::vector<double> v_, weight_, mu_, oldU_, oldS_;  ///< of a line
  std::optional<ReadLocal> exposure_, background_;     ///< none: 1, 0
};

}  // namespace lacuna
