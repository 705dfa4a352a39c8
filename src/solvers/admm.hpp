#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/phase.hpp"
#include "grid/fft.hpp"
#include "solvers/bound_split.hpp"
#include "solvers/chain_solver.hpp"
#include "solvers/data_split.hpp"
#include "solvers/edge_split.hpp"
#include "solvers/penalties.hpp"
#include "solvers/slope_split.hpp"
#include "solvers/starlet_split.hpp"
#include "solvers/step_split.hpp"

namespace lacuna {

/// Iterations of the alternating direction method of multipliers (Boyd et al. 2011; for Poisson counts Figueiredo &
/// Bioucas-Dias 2010) on a ConvexProblem, over-relaxed. The splits are u = h * x, z = x and, for total variation
/// in space or time and starlets, w = D x and w = W x; each has its proximal step in closed form. What remains is
/// quadratic in x and diagonal in Fourier space but for the chain in time: SpectralChain solves it exactly. Images with
/// a zero boundary and `valid` data lie in a padded periodic grid, in which u is free where there are no data and z is
/// zero outside the image.
///
/// One iteration is four real transforms a frame; all else happens in their callbacks, on rows and lines that are in
/// cache. Collective.
class Admm {
 public:
  /// Throws 78 on problems that it cannot solve, see whyNot.
  Admm(const ConvexProblem& problem, double relaxation);

  /// Begins at x, with multipliers of zero. Returns the typical curvature of the noise there.
  double start(Vec x);
  void iterate();
  /// x <- z, which is feasible.
  void result(Vec x) const { bound_.result(x); }

  void setPenalties(const Penalties& penalties);
  /// Collective. All that the next iteration needs; after it was restored resumed() must be called.
  State state(ArrayViews& views);
  void resumed();
  const Penalties& penalties() const { return penalties_; }
  void measure(bool on) { data_.measure(on); }
  double measured() { return data_.measured(); }
  /// Largest |h(k)|^2: what the data say of the best-seen mode.
  double gain() const { return gain_; }

  static std::string whyNot(const ConvexProblem& problem);  ///< why it cannot be solved; empty: it can
  static Shape gridShape(const ConvexProblem& problem);

 private:
  using Complex = std::complex<double>;
  const Complex* transfer(PetscInt frame) const { return transfers_[psfOf_[static_cast<std::size_t>(frame)]].data(); }
  PetscInt dataFrames() const { return data_.frames(); }
  std::size_t modesOf(PetscInt lines) const { return static_cast<std::size_t>(lines) * line_; }
  TimeChain stepChain() const;
  void makeTransfers();
  void quadraticTerms();
  void factor();
  template <class Use>
  void blur(PetscInt frame, const Complex* x, Use&& use);
  void gatherData(PetscInt frame, Complex* into, bool add);
  void eliminate(PetscInt frame);
  void addForcing(PetscInt frame, Complex* first) const;
  void updateImage(PetscInt frame);
  void updateData(PetscInt frame, const Complex* x);
  void sumStack();
  void spreadStack();

  const ConvexProblem& problem_;
  Cube grid_;  ///< periodic, with the frames of the image
  Fft fft_;
  std::size_t line_;  ///< modes of a line
  DataSplit data_;
  BoundSplit bound_;
  std::optional<SlopeSplit> slope_;
  std::optional<EdgeSplit> edge_;
  std::optional<StarletSplit> starlet_;
  std::optional<StepSplit> steps_;
  std::optional<SpectralChain> chain_;
  Penalties penalties_;
  std::vector<std::vector<Complex>> transfers_;        ///< of each PSF that is needed here
  std::vector<std::size_t> psfOf_;                     ///< of every local data frame
  std::vector<double> share_, laplacian_, quadratic_;  ///< by mode: share() / N, |D|^2, the quadratic terms
  std::vector<double> gram_;                           ///< by mode, of a stack: sum of the epochs' |h|^2
  std::vector<Complex> stack_;                         ///< by mode: sum over the epochs, then x
  double gain_ = 0, chainMean_ = 1;
  Phase dataPhase_{"proximal steps of data"}, pixelPhase_{"proximal steps of pixels"}, starletPhase_{"starlets"},
      chainPhase_{"solve in time"}, couplePhase_{"exchange in time"};
};

}  // namespace lacuna
