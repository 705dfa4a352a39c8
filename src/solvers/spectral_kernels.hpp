#pragma once
#include <complex>
#include <cstddef>

#include "grid/modes.hpp"
#include "operators/gradient.hpp"

namespace lacuna {

/// Loops over modes, in double or single precision. Products by hand: those of std::complex look for NaN. Rank-local.

/// |D|^2 of forward differences over the spacing (z, y, x), on a periodic grid.
double squaredDifferences(const Mode& k, const Spacing& spacing);
/// out <- c share conj(h) in
template <class Real>
void applyAdjointTransfer(std::size_t n, double c, const Real* share, const std::complex<Real>* h,
                          const std::complex<Real>* in, std::complex<Real>* out);
/// out <- out + c share conj(h) in
template <class Real>
void addAdjointTransfer(std::size_t n, double c, const Real* share, const std::complex<Real>* h,
                        const std::complex<Real>* in, std::complex<Real>* out);
/// out <- h in
template <class Real>
void applyTransfer(std::size_t n, const std::complex<Real>* h, const std::complex<Real>* in, std::complex<Real>* out);
/// out <- out + share in
template <class Real>
void addShare(std::size_t n, const Real* share, const std::complex<Real>* in, std::complex<Real>* out);

/// x <- inverse (x + c conj(h) y), y <- h x
template <class Real>
void solveModes(std::size_t n, double c, const Real* inverse, const std::complex<Real>* h, std::complex<Real>* x,
                std::complex<Real>* y);

template <class Value>
using RealOf = decltype(std::real(Value()));
/// The sweeps of ChainSolver over n modes (or pixels, Value double): x <- p (r - c y), where x may be r; and
/// x <- x - c p after, of which a copy goes to `out`. Rank-local.
template <class Value>
void sweepForward(std::size_t n, RealOf<Value> c, const RealOf<Value>* p, const Value* y, const Value* r, Value* x);
template <class Value>
void sweepBackward(std::size_t n, RealOf<Value> c, const RealOf<Value>* p, const Value* after, Value* x, Value* out);

}  // namespace lacuna
