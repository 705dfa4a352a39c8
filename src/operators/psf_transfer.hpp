#pragma once
#include <complex>
#include <vector>

#include "grid/modes.hpp"
#include "operators/psf.hpp"

namespace lacuna {

/// The transfer function of a PSF on the periodic grid of `modes`: with (x)_k = sum_p x(p) e^(-2 pi i k p), the
/// periodic convolution is y_k = T_k x_k,
///   T_k = sum_q h(q) e^(-2 pi i k (q - center)),
/// for every local mode of a plane, in storage order. A PSF larger than the grid wraps around. Rank-local.
std::vector<std::complex<double>> psfTransfer(const Modes& modes, const Psf& psf);

}  // namespace lacuna
