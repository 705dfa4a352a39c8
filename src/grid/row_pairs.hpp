#pragma once
#include <complex>

#include "base/aligned_buffer.hpp"
#include "grid/fftw_plans.hpp"

namespace lacuna {

/// Transforms of real rows in single precision, two at a time as the real and the imaginary part of complex rows, whose
/// half spectra are told apart by their symmetry: about three times as fast as FFTW's own transforms of real rows of
/// that precision. Rank-local.
class RowPairs {
 public:
  using Complex = std::complex<float>;
  /// Of n pixels; `rows` in blocks of `atOnce`, an even number.
  RowPairs(PetscInt n, PetscInt rows, PetscInt atOnce);
  /// Plans with these flags of FFTW; must be called first.
  void plan(unsigned flags);

  /// The modes kx = 0 ... n/2 of a block of `count` rows, `stride` apart.
  void forward(PetscInt count, const double* rows, Complex* half, std::int64_t stride);
  /// Sums over the kept modes of 2 Re[X_k e^(2 pi i k x)].
  void backward(PetscInt count, const Complex* half, std::int64_t stride, double* rows);

 private:
  using Api = Fftw<float>;
  PetscInt n_, pairs_, block_;
  AlignedBuffer<Complex> in_, out_;  ///< [pair][pixel]
  BlockPlan<float> forward_, backward_;
};

}  // namespace lacuna
