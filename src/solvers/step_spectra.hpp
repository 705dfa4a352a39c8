#pragma once
#include <complex>
#include <vector>

#include "grid/modes.hpp"
#include "solvers/convex_problem.hpp"
#include "solvers/penalties.hpp"
#include "solvers/quadratic_step.hpp"

namespace lacuna {

/// What the quadratic step of ADMM knows of every local mode k of the periodic grid: the transfer functions h(k), and
///   rho_u |h|^2 + rho_z + rho_w |D|^2 + rho_s + priors,
/// the priors being those in space (of the starlets rho_s). Computed in double precision, transfer functions kept in
/// Real.
template <class Real>
class StepSpectra {
 public:
  using Complex = std::complex<Real>;
  /// Collective. `modes` of the periodic grid, which has the frames of the image. `splits` must outlive this.
  StepSpectra(const ConvexProblem& problem, const Modes& modes, const SplitRows& splits);

  double gain() const { return gain_; }  ///< largest |h(k)|^2 of all ranks
  std::size_t size() const { return share_.size(); }
  std::size_t modesOf(PetscInt lines) const { return static_cast<std::size_t>(lines) * line_; }
  /// Modes::share() over the pixels of the grid: what makes the backward transform the inverse.
  const Real* share() const { return share_.data(); }
  const Complex* transfer(PetscInt dataFrame) const {
    return transfers_[psfOf_[static_cast<std::size_t>(dataFrame)]].data();
  }
  /// |h|^2, times the relative curvature of the frame.
  double seen(PetscInt dataFrame, std::size_t mode) const {
    return splits_.curvature(dataFrame) * static_cast<double>(std::norm(transfer(dataFrame)[mode]));
  }
  /// The system's diagonal where the data see `seen`.
  double diagonal(const Penalties& p, std::size_t mode, double seen) const {
    return p.data * seen + p.bound + quadratic(mode) + (slopes_ ? p.slope * laplacian(mode) : 0) +
           (starlets_ ? p.starlet : 0);
  }
  /// What the mean of a Gaussian field adds to the right-hand side of k = 0, over the pixels of the grid.
  double forcing() const { return mean_ != 0 && size() > 0 ? mean_ * quadratic(0) : 0; }

 private:
  /// |D|^2 is a sum over axes: a table for each takes less memory than one of all modes.
  double laplacian(std::size_t mode) const {
    const std::size_t inLine = mode % line_;
    return lines_[mode / line_] + along_[inLine / inner_.size()] + inner_[inLine % inner_.size()];
  }
  double quadratic(std::size_t mode) const {
    return (smooth_ > 0 ? smooth_ * laplacian(mode) : 0) + (precision_.empty() ? 0 : precision_[mode]);
  }

  const SplitRows& splits_;
  std::size_t line_;                             ///< modes of a line
  std::vector<Real> share_;                      ///< by mode
  std::vector<std::vector<Complex>> transfers_;  ///< of each PSF that is needed here
  std::vector<std::size_t> psfOf_;               ///< of every local data frame
  std::vector<double> lines_, along_, inner_;    ///< what |D|^2 has of a line, and of a mode's place in it
  std::vector<double> precision_;                ///< by mode, of a Gaussian field
  double smooth_;
  bool slopes_, starlets_;
  double gain_ = 0, mean_;
};

}  // namespace lacuna
