#pragma once
#include <memory>

#include "operators/spectral_filter.hpp"

namespace lacuna {

/// Flat-sky lensing kernels of Kaiser & Squires 1993 (doi:10.1086/172297), x = column, y = row:
///   gamma_hat = (D1, D2) kappa_hat,  D1 = (kx^2 - ky^2) / k^2,  D2 = 2 kx ky / k^2,  0 at k = 0.
/// On a Nyquist line of an even axis the sign of k means nothing, so D2 = 0 there (D1^2 + D2^2 < 1), except in the
/// corner where both are Nyquist: D1 = 0 there, and D2 = +1.
double lensingD1(const Mode& mode);
double lensingD2(const Mode& mode);

/// kappa -> (gamma1, gamma2) on a periodic image: the pixel-space form. Both dimensionless. Range: 2 channels.
std::shared_ptr<const SpectralFilter> lensing(std::shared_ptr<const Fft> fft);

/// Kaiser-Squires inversion (gamma1, gamma2) -> kappa: the pseudo-inverse D_c / (D1^2 + D2^2), k = 0 -> 0; optionally
/// smoothed. It is the *adjoint* of the operator returned: kappa = K^T gamma, so call applyAdjoint.
std::shared_ptr<const SpectralFilter> kaiserSquires(std::shared_ptr<const Fft> fft, double sigmaPixels = 0);

}  // namespace lacuna
