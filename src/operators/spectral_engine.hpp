#pragma once
#include <complex>
#include <vector>

#include "grid/fft.hpp"
#include "operators/grid_embedding.hpp"

namespace lacuna {

/// Convolution by transforms of the whole image on a periodic grid: the image's own where the boundary is periodic,
/// else one padded to a fast size that leaves room for the PSF (and for the reflected border).
class SpectralEngine final : public ConvolutionEngine {
 public:
  using Complex = std::complex<double>;
  /// Collective.
  SpectralEngine(const ConvolutionProblem& problem, Planning planning);

  void forward(const Fill& fill, const Use& use) const override;
  void adjoint(const Fill& fill, const Use& use) const override;
  void forwardKept(const Fill& fill, const Work& work) const override;
  void adjointOfKept(const Use& use) const override;
  std::string text() const override;
  std::int64_t bytes() const override;

  static Shape gridShape(const ConvolutionProblem& problem);

 private:
  void toSpectrum(const GridEmbedding& field, PetscInt frame, bool conjugate, bool add) const;
  void fromSpectrum(GridEmbedding& field) const;

  ConvolutionProblem problem_;
  Fft fft_;
  mutable GridEmbedding image_, data_;
  std::vector<std::vector<Complex>> transfer_;  ///< of every PSF that local frames need, times share / N
  mutable std::vector<Complex> spectrum_;
  mutable std::vector<double> kept_;  ///< made when it is first needed
};

}  // namespace lacuna
