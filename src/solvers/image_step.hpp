#pragma once
#include <complex>
#include <vector>

#include "grid/fft.hpp"
#include "solvers/quadratic_step.hpp"
#include "solvers/step_spectra.hpp"

namespace lacuna {

/// The quadratic step of one image with data of its own, nothing else: every mode is a division, made between the lines
/// of the two forward transforms and those of the two backward ones, so that the spectra of x and of what is asked of
/// it are never kept.
template <class Real>
class ImageStep final : public QuadraticStep {
 public:
  /// One frame of the image and of the data, and no chain in time.
  static bool suits(const ConvexProblem& problem);
  /// Collective. `grid`: periodic. `splits` must outlive this.
  ImageStep(const ConvexProblem& problem, const Cube& grid, SplitRows& splits);

  double gain() const override { return spectra_.gain(); }
  void factor(const Penalties& penalties) override;
  void blur() override;
  void solve() override;

  /// Bytes that it keeps on this rank: for the memory plan.
  static std::int64_t bytes(const Cube& grid);

 private:
  using Complex = std::complex<Real>;
  bool here() const { return splits_.dataFrames() > 0; }
  void solveLines(PetscInt first, PetscInt count, Complex* x, Complex* hx) const;

  SplitRows& splits_;
  BasicFft<Real> image_, data_;
  StepSpectra<Real> spectra_;
  std::vector<Real> inverse_;  ///< [mode] share / diagonal
  double weight_ = 0;
  Real forced_ = 0;                         ///< of x at k = 0: what the mean of a Gaussian field asks for
  bool pixelsIn_ = false, dataIn_ = false;  ///< image_ and data_ hold the rows of the next step
};

}  // namespace lacuna
