#pragma once
#include <complex>
#include <cstddef>

#include "grid/modes.hpp"
#include "operators/gradient.hpp"

namespace lacuna {

/// Loops over modes. Products by hand: those of std::complex look for NaN. Rank-local.

/// |D|^2 of forward differences over the spacing (z, y, x), on a periodic grid.
double squaredDifferences(const Mode& k, const Spacing& spacing);
/// out <- c share conj(h) in
void applyAdjointTransfer(std::size_t n, double c, const double* share, const std::complex<double>* h,
                          const std::complex<double>* in, std::complex<double>* out);
/// out <- out + c share conj(h) in
void addAdjointTransfer(std::size_t n, double c, const double* share, const std::complex<double>* h,
                        const std::complex<double>* in, std::complex<double>* out);
/// out <- h in
void applyTransfer(std::size_t n, const std::complex<double>* h, const std::complex<double>* in,
                   std::complex<double>* out);
/// out <- out + share in
void addShare(std::size_t n, const double* share, const std::complex<double>* in, std::complex<double>* out);

}  // namespace lacuna
