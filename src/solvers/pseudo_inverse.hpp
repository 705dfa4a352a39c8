#pragma once
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "grid/fft.hpp"
#include "operators/psf.hpp"

namespace lacuna {

/// What the division in Fourier space is multiplied by to be regular: w(|h|^2, mode).
using SpectralWeight = std::function<double(double power, const Mode& mode)>;

/// Deconvolution in closed form on a periodic grid, frame by frame,
///   x_k = w(|h_k|^2, k) conj(h_k) y_k,
/// or, where the frames of the data are epochs of one image, x_k = w(sum_e |h_ek|^2, k) sum_e conj(h_ek) y_ek.
class SpectralInverse {
 public:
  /// `psfs`: one for all frames, or one a frame of the data's cube (that of `fft`). `factors`: of each frame, times its
  /// PSF; none: 1.
  SpectralInverse(std::shared_ptr<const Fft> fft, std::vector<Psf> psfs, SpectralWeight weight,
                  std::vector<double> factors = {});

  /// Collective. x, y in the cube of `fft`.
  void apply(Vec y, Vec x) const;
  /// Collective. y in the cube of `fft`, x in `image`, the same with one frame.
  void applyStack(Vec y, const Cube& image, Vec x) const;
  /// Collective. The largest |h_k|^2 of any mode (epochs: of their sum).
  double largestPower(bool stack) const;

 private:
  using Spectrum = std::vector<Fft::Complex>;
  Spectrum transfer(PetscInt plane) const;
  void forward(PetscInt plane, const double* in, Spectrum& out) const;
  void backward(const Spectrum& in, double* out) const;
  std::vector<double> weights(const std::vector<double>& power) const;
  std::size_t pixels() const;

  std::shared_ptr<const Fft> fft_;
  std::vector<Psf> psfs_;
  SpectralWeight weight_;
  std::vector<double> factors_;  ///< empty: 1
  bool alike_;                   ///< all frames have the same PSF and factor
};

/// 1 / power above cutoff^2 largestPower, else 0: the pseudo-inverse.
SpectralWeight pseudoInverseWeight(double cutoff, double largestPower);
/// 1 / (power + variance R(k)): the minimum of 1/2 ||H x - y||^2 / variance + 1/2 x.R x; 0 where both are 0.
SpectralWeight wienerWeight(double variance, std::function<double(const Mode&)> R);

/// Transfer function of the prior's precision R, for the Wiener weight: strength |4 sum_axes sin^2(pi f) / d^2|^order,
/// that of squared differences (1) or of the squared Laplacian (2) on a periodic grid; d = distance of neighbours.
std::function<double(const Mode&)> smoothnessSpectrum(double strength, int order, const std::array<double, 3>& spacing);

}  // namespace lacuna
