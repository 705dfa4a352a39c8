#pragma once
#include <complex>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/phase.hpp"
#include "grid/fft.hpp"
#include "solvers/chain_solver.hpp"
#include "solvers/quadratic_step.hpp"
#include "solvers/step_spectra.hpp"

namespace lacuna {

/// Exactly, by FFT in space and ChainSolver in time, with transforms and spectra of precision Real. One solve is four
/// real transforms a frame; all else happens in their callbacks, on rows and lines that are in cache.
template <class Real>
class FourierStep final : public QuadraticStep {
 public:
  /// Collective. `grid`: periodic, with the frames of the image. `splits` must outlive this.
  FourierStep(const ConvexProblem& problem, const Cube& grid, SplitRows& splits);

  double gain() const override { return spectra_.gain(); }
  void factor(const Penalties& penalties) override;
  void blur() override;
  void solve() override;

 private:
  using Complex = std::complex<Real>;
  TimeChain stepChain() const;
  void gatherData(PetscInt frame, Complex* into, bool add);
  void eliminate(PetscInt frame);
  void addForcing(PetscInt frame, Complex* first) const;
  void updateImage(PetscInt frame);
  void updateData(PetscInt frame, const Complex* x);
  void updateAndGather(PetscInt frame);
  void sumStack();
  void spreadStack();

  const ConvexProblem& problem_;
  Cube grid_;
  SplitRows& splits_;
  BasicFft<Real> fft_;
  StepSpectra<Real> spectra_;
  Penalties penalties_;
  std::optional<ChainSolver<Complex>> chain_;
  std::vector<double> gram_;    ///< by mode, of a stack: sum of the epochs' |h|^2
  std::vector<Complex> stack_;  ///< by mode: sum over the epochs, then x
  double chainMean_ = 1;
  bool gathered_ = false;  ///< the spectra hold what the data ask of the next step
  Phase chainPhase_{"solve in time"}, couplePhase_{"exchange in time"};
};

}  // namespace lacuna
