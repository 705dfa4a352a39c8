#pragma once
#include <complex>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/phase.hpp"
#include "grid/fft.hpp"
#include "solvers/chain_solver.hpp"
#include "solvers/convex_problem.hpp"
#include "solvers/penalties.hpp"

namespace lacuna {

/// What ADMM's splits give to the quadratic step in x and take from it: rows of the periodic grid, as they pass through
/// the cache. Rank-local.
class SplitRows {
 public:
  virtual ~SplitRows() = default;
  virtual PetscInt dataFrames() const = 0;  ///< local
  /// Typical curvature of a local frame of the data relative to that of all.
  virtual double curvature(PetscInt dataFrame) const = 0;
  /// Rows of the point that h * x is drawn to, and of the sum over all other splits of penalty times such a point.
  virtual void fillData(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const = 0;
  virtual void fillPixels(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const = 0;
  /// Rows of h * x and of x. A frame of x ends with pixelsTaken, Collective over space().
  virtual void takeData(PetscInt frame, PetscInt firstRow, PetscInt count, const double* hx) = 0;
  virtual void takePixels(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) = 0;
  virtual void pixelsTaken(PetscInt frame) = 0;
};

/// The quadratic step of ADMM: x <- argmin of the priors that are diagonal in Fourier space, the chain in time, and the
/// penalties,
///   (sum_e rho_u |h_e|^2 + rho_z + rho_w |D|^2 + ... + priors + chain) X = what the splits ask for,
/// exactly, by FFT in space and SpectralChain in time.
class QuadraticStep {
 public:
  virtual ~QuadraticStep() = default;
  virtual double gain() const = 0;  ///< largest |h(k)|^2: what the data say of the best-seen mode
  /// Collective. Before the first solve, and whenever the penalties change.
  virtual void factor(const Penalties& penalties) = 0;
  /// Collective. Rows of x (fillPixels) to rows of h * x (takeData).
  virtual void blur() = 0;
  /// Collective. From fillData, fillPixels to takePixels, takeData.
  virtual void solve() = 0;
};

/// With transforms and spectra of precision Real. One solve is four real transforms a frame; all else happens in their
/// callbacks, on rows and lines that are in cache.
template <class Real>
class FourierStep final : public QuadraticStep {
 public:
  /// Collective. `grid`: periodic, with the frames of the image. `splits` must outlive this.
  FourierStep(const ConvexProblem& problem, const Cube& grid, SplitRows& splits, Planning planning);

  double gain() const override { return gain_; }
  void factor(const Penalties& penalties) override;
  void blur() override;
  void solve() override;

 private:
  using Complex = std::complex<Real>;
  const Complex* transfer(PetscInt frame) const { return transfers_[psfOf_[static_cast<std::size_t>(frame)]].data(); }
  std::size_t modesOf(PetscInt lines) const { return static_cast<std::size_t>(lines) * line_; }
  TimeChain stepChain() const;
  void makeTransfers();
  void gatherData(PetscInt frame, Complex* into, bool add);
  void eliminate(PetscInt frame);
  void addForcing(PetscInt frame, Complex* first) const;
  void updateImage(PetscInt frame);
  void updateData(PetscInt frame, const Complex* x);
  void sumStack();
  void spreadStack();

  const ConvexProblem& problem_;
  Cube grid_;
  SplitRows& splits_;
  BasicFft<Real> fft_;
  std::size_t line_;  ///< modes of a line
  Penalties penalties_;
  std::optional<ChainSolver<Complex>> chain_;
  std::vector<std::vector<Complex>> transfers_;  ///< of each PSF that is needed here
  std::vector<std::size_t> psfOf_;               ///< of every local data frame
  std::vector<Real> share_;                      ///< by mode: share() / N
  std::vector<double> laplacian_, quadratic_;    ///< by mode: |D|^2, the quadratic priors
  std::vector<double> gram_;                     ///< by mode, of a stack: sum of the epochs' |h|^2
  std::vector<Complex> stack_;                   ///< by mode: sum over the epochs, then x
  double gain_ = 0, chainMean_ = 1;
  Phase chainPhase_{"solve in time"}, couplePhase_{"exchange in time"};
};

}  // namespace lacuna
