#pragma once
#include <memory>

#include "operators/spectral_synthesis.hpp"
#include "priors/prior.hpp"
#include "priors/spectrum.hpp"

namespace lacuna {

/// ell of a mode, 2 pi |f| / pixel [rad^-1], for square pixels of `pixelRadian`.
double ellOf(const Mode& mode, double pixelRadian);

/// A Gaussian random field on a periodic grid, of mean zero: x = S xi, xi ~ N(0, I) in the space of packed modes, with
/// E|FFT x|^2 / N = P(k) = C(ell) / pixel^2. The whitened xi is the unknown of solvers: modes with P = 0 are then
/// exactly zero.
class GaussianField {
 public:
  /// Collective. The transfer functions sqrt(P). Throws 65 where C is negative or not finite.
  GaussianField(std::shared_ptr<const Fft> fft, const Spectrum& spectrum, double pixelRadian);

  /// S: packed modes -> field.
  const std::shared_ptr<const SpectralSynthesis>& synthesis() const { return synthesis_; }
  /// A S for a forward operator that multiplies mode k by T_c(k), one channel each, without a transform between.
  std::shared_ptr<const SpectralSynthesis> through(const std::vector<Transfer>& transfers) const;
  /// x <- S xi, white xi keyed by the natural index of the mode. Advances the draw counter.
  void sample(Rng& rng, Vec x) const;

 private:
  std::shared_ptr<const Fft> fft_;
  Transfer amplitude_;  ///< sqrt(P)
  std::shared_ptr<const SpectralSynthesis> synthesis_;
};

}  // namespace lacuna
