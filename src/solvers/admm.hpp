#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/phase.hpp"
#include "solvers/bound_split.hpp"
#include "solvers/data_split.hpp"
#include "solvers/edge_split.hpp"
#include "solvers/penalties.hpp"
#include "solvers/quadratic_step.hpp"
#include "solvers/slope_split.hpp"
#include "solvers/starlet_split.hpp"
#include "solvers/step_split.hpp"

namespace lacuna {

/// Iterations of the alternating direction method of multipliers (Boyd et al. 2011; for Poisson counts Figueiredo &
/// Bioucas-Dias 2010) on a ConvexProblem, over-relaxed. The splits are u = h * x, z = x and, for total variation
/// in space or time and starlets, w = D x and w = W x; each has its proximal step in closed form. What remains is
/// quadratic in x and diagonal in Fourier space but for the chain in time: a QuadraticStep solves it exactly. Images
/// with a zero boundary and `valid` data lie in a padded periodic grid, in which u is free where there are no data and
/// z is zero outside the image.
///
/// The splits are kept in double precision. The quadratic step may be taken in single precision: its errors, some 1e-7
/// of the rms of x, hardly move the iteration far from the optimum, and it takes half the time. Collective.
class Admm final : private SplitRows {
 public:
  enum class Precision { Single, Double };
  /// Throws 78 on problems that it cannot solve, see whyNot.
  Admm(const ConvexProblem& problem, double relaxation);

  /// Begins at x, with multipliers of zero. Returns the typical curvature of the noise there.
  double start(Vec x);
  void iterate();
  /// x <- z, which is feasible.
  void result(Vec x) const { bound_.result(x); }

  /// g <- g + v, v the sum of K^T p over the norms |K x| of the energy, in the space of the image, p ADMM's
  /// multipliers: v . x <= the norms of x for every x, and at the optimum they are equal, so that v is a subgradient
  /// there. Collective.
  void addSubgradient(Vec g);
  /// g <- g - lambda, the multipliers of the bounds. Collective.
  void subtractBoundMultipliers(Vec g) const;

  /// Of the quadratic step, from the next iteration on; double to begin with, and where numbers may leave the range of
  /// single precision. Collective.
  void setPrecision(Precision precision);
  Precision precision() const { return single_ ? Precision::Single : Precision::Double; }
  void setPenalties(const Penalties& penalties);
  /// Collective. All that the next iteration needs; after it was restored resumed() must be called.
  State state(ArrayViews& views);
  void resumed();
  const Penalties& penalties() const { return penalties_; }
  void measure(bool on) { data_.measure(on); }
  double measured() { return data_.measured(); }
  /// Collective. |p| / |w| of the splits of norms, see SplitSize; NaN for what is no split of a norm.
  Penalties ratios() const;
  /// Largest |h(k)|^2: what the data say of the best-seen mode.
  double gain() const { return step_->gain(); }

  static std::string whyNot(const ConvexProblem& problem);  ///< why it cannot be solved; empty: it can
  static Shape gridShape(const ConvexProblem& problem);

 private:
  PetscInt dataFrames() const override { return data_.frames(); }
  double curvature(PetscInt frame) const override { return data_.curvature(frame); }
  bool dataSettleAtOnce() const override { return !data_.away(); }
  bool pixelsSettleAtOnce() const override { return !slope_ && !edge_ && !starlet_ && !steps_; }
  void fillData(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const override;
  void fillPixels(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const override;
  void takeData(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx) override;
  void takePixels(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) override;
  void pixelsTaken(PetscInt frame) override;
  void makeStep();
  template <class Real>
  std::unique_ptr<QuadraticStep> stepOf();

  const ConvexProblem& problem_;
  Cube grid_;  ///< periodic, with the frames of the image
  DataSplit data_;
  BoundSplit bound_;
  std::optional<SlopeSplit> slope_;
  std::optional<EdgeSplit> edge_;
  std::optional<StarletSplit> starlet_;
  std::optional<StepSplit> steps_;
  Penalties penalties_;
  bool single_ = false, fits_ = false;  ///< precision; whether single could be
  std::unique_ptr<QuadraticStep> step_;
  bool starting_ = false;  ///< rows are those of the start
  Phase dataPhase_{"proximal steps of data"}, pixelPhase_{"proximal steps of pixels"}, starletPhase_{"starlets"},
      couplePhase_{"exchange in time"};
};

}  // namespace lacuna
