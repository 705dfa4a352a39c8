#include "solvers/spectral_kernels.hpp"

#include <cmath>
#include <numbers>
#include <type_traits>

#include "base/vector_clones.hpp"

namespace lacuna {

namespace {

template <class Real>
inline void conjugateProductOf(std::size_t n, Real c, Real keep, const Real* share, const Real* h, const Real* in,
                               Real* out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const Real s = c * share[i], a = h[2 * i], b = h[2 * i + 1], x = in[2 * i], y = in[2 * i + 1];
    out[2 * i] = keep * out[2 * i] + s * (a * x + b * y);
    out[2 * i + 1] = keep * out[2 * i + 1] + s * (a * y - b * x);
  }
}
template <class Real>
inline void productOf(std::size_t n, const Real* h, const Real* in, Real* out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const Real a = h[2 * i], b = h[2 * i + 1], x = in[2 * i], y = in[2 * i + 1];
    out[2 * i] = a * x - b * y;
    out[2 * i + 1] = a * y + b * x;
  }
}
template <class Real>
inline void scaledSumOf(std::size_t n, const Real* share, const Real* in, Real* out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    out[2 * i] += share[i] * in[2 * i];
    out[2 * i + 1] += share[i] * in[2 * i + 1];
  }
}

template <class Real>
inline void solveModesOf(std::size_t n, Real c, const Real* inverse, const Real* h, Real* x, Real* y) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const Real a = h[2 * i], b = h[2 * i + 1], p = y[2 * i], q = y[2 * i + 1];
    const Real u = inverse[i] * (x[2 * i] + c * (a * p + b * q)), v = inverse[i] * (x[2 * i + 1] + c * (a * q - b * p));
    x[2 * i] = u;
    x[2 * i + 1] = v;
    y[2 * i] = a * u - b * v;
    y[2 * i + 1] = a * v + b * u;
  }
}

/// Of numbers made of W reals each.
template <int W, class Real>
inline void forwardOf(std::size_t n, Real c, const Real* p, const Real* y, const Real* r, Real* x) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i)
    for (int w = 0; w < W; ++w) x[W * i + w] = p[i] * (r[W * i + w] - c * y[W * i + w]);
}
template <int W, class Real>
inline void backwardOf(std::size_t n, Real c, const Real* p, const Real* after, Real* x, Real* out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i)
    for (int w = 0; w < W; ++w) out[W * i + w] = x[W * i + w] -= p[i] * c * after[W * i + w];
}

LACUNA_VECTOR_CLONES void conjugateProduct(std::size_t n, double c, double keep, const double* share, const double* h,
                                           const double* in, double* out) {
  conjugateProductOf(n, c, keep, share, h, in, out);
}
LACUNA_VECTOR_CLONES void conjugateProduct(std::size_t n, double c, double keep, const float* share, const float* h,
                                           const float* in, float* out) {
  conjugateProductOf(n, static_cast<float>(c), static_cast<float>(keep), share, h, in, out);
}
LACUNA_VECTOR_CLONES void product(std::size_t n, const double* h, const double* in, double* out) {
  productOf(n, h, in, out);
}
LACUNA_VECTOR_CLONES void product(std::size_t n, const float* h, const float* in, float* out) {
  productOf(n, h, in, out);
}
LACUNA_VECTOR_CLONES void scaledSum(std::size_t n, const double* share, const double* in, double* out) {
  scaledSumOf(n, share, in, out);
}
LACUNA_VECTOR_CLONES void scaledSum(std::size_t n, const float* share, const float* in, float* out) {
  scaledSumOf(n, share, in, out);
}
LACUNA_VECTOR_CLONES void solve(std::size_t n, double c, const double* inverse, const double* h, double* x, double* y) {
  solveModesOf(n, c, inverse, h, x, y);
}
LACUNA_VECTOR_CLONES void solve(std::size_t n, double c, const float* inverse, const float* h, float* x, float* y) {
  solveModesOf(n, static_cast<float>(c), inverse, h, x, y);
}
LACUNA_VECTOR_CLONES void forwardPairs(std::size_t n, double c, const double* p, const double* y, const double* r,
                                       double* x) {
  forwardOf<2>(n, c, p, y, r, x);
}
LACUNA_VECTOR_CLONES void backwardPairs(std::size_t n, double c, const double* p, const double* after, double* x,
                                        double* out) {
  backwardOf<2>(n, c, p, after, x, out);
}
LACUNA_VECTOR_CLONES void forwardPairs(std::size_t n, float c, const float* p, const float* y, const float* r,
                                       float* x) {
  forwardOf<2>(n, c, p, y, r, x);
}
LACUNA_VECTOR_CLONES void backwardPairs(std::size_t n, float c, const float* p, const float* after, float* x,
                                        float* out) {
  backwardOf<2>(n, c, p, after, x, out);
}

template <class Real>
const Real* parts(const std::complex<Real>* p) {
  return reinterpret_cast<const Real*>(p);
}
template <class Real>
Real* parts(std::complex<Real>* p) {
  return reinterpret_cast<Real*>(p);
}

}  // namespace

double squaredDifferences(const Mode& k, const Spacing& h) {
  const auto square = [](double f, double spacing) {
    return (2 - 2 * std::cos(2 * std::numbers::pi * f)) / (spacing * spacing);
  };
  return square(k.fz, h[0]) + square(k.fy, h[1]) + square(k.fx, h[2]);
}

template <class Real>
void applyAdjointTransfer(std::size_t n, double c, const Real* share, const std::complex<Real>* h,
                          const std::complex<Real>* in, std::complex<Real>* out) {
  conjugateProduct(n, c, 0, share, parts(h), parts(in), parts(out));
}
template <class Real>
void addAdjointTransfer(std::size_t n, double c, const Real* share, const std::complex<Real>* h,
                        const std::complex<Real>* in, std::complex<Real>* out) {
  conjugateProduct(n, c, 1, share, parts(h), parts(in), parts(out));
}
template <class Real>
void applyTransfer(std::size_t n, const std::complex<Real>* h, const std::complex<Real>* in, std::complex<Real>* out) {
  product(n, parts(h), parts(in), parts(out));
}
template <class Real>
void addShare(std::size_t n, const Real* share, const std::complex<Real>* in, std::complex<Real>* out) {
  scaledSum(n, share, parts(in), parts(out));
}
template <class Real>
void solveModes(std::size_t n, double c, const Real* inverse, const std::complex<Real>* h, std::complex<Real>* x,
                std::complex<Real>* y) {
  solve(n, c, inverse, parts(h), parts(x), parts(y));
}

template <class Value>
void sweepForward(std::size_t n, RealOf<Value> c, const RealOf<Value>* p, const Value* y, const Value* r, Value* x) {
  if constexpr (std::is_floating_point_v<Value>)
    forwardOf<1>(n, c, p, y, r, x);
  else
    forwardPairs(n, c, p, parts(y), parts(r), parts(x));
}
template <class Value>
void sweepBackward(std::size_t n, RealOf<Value> c, const RealOf<Value>* p, const Value* after, Value* x, Value* out) {
  if constexpr (std::is_floating_point_v<Value>)
    backwardOf<1>(n, c, p, after, x, out);
  else
    backwardPairs(n, c, p, parts(after), parts(x), parts(out));
}

template void applyAdjointTransfer(std::size_t, double, const double*, const std::complex<double>*,
                                   const std::complex<double>*, std::complex<double>*);
template void applyAdjointTransfer(std::size_t, double, const float*, const std::complex<float>*,
                                   const std::complex<float>*, std::complex<float>*);
template void addAdjointTransfer(std::size_t, double, const double*, const std::complex<double>*,
                                 const std::complex<double>*, std::complex<double>*);
template void addAdjointTransfer(std::size_t, double, const float*, const std::complex<float>*,
                                 const std::complex<float>*, std::complex<float>*);
template void applyTransfer(std::size_t, const std::complex<double>*, const std::complex<double>*,
                            std::complex<double>*);
template void applyTransfer(std::size_t, const std::complex<float>*, const std::complex<float>*, std::complex<float>*);
template void addShare(std::size_t, const double*, const std::complex<double>*, std::complex<double>*);
template void addShare(std::size_t, const float*, const std::complex<float>*, std::complex<float>*);
template void solveModes(std::size_t, double, const double*, const std::complex<double>*, std::complex<double>*,
                         std::complex<double>*);
template void solveModes(std::size_t, double, const float*, const std::complex<float>*, std::complex<float>*,
                         std::complex<float>*);

template void sweepForward(std::size_t, double, const double*, const std::complex<double>*, const std::complex<double>*,
                           std::complex<double>*);
template void sweepBackward(std::size_t, double, const double*, const std::complex<double>*, std::complex<double>*,
                            std::complex<double>*);
template void sweepForward(std::size_t, float, const float*, const std::complex<float>*, const std::complex<float>*,
                           std::complex<float>*);
template void sweepBackward(std::size_t, float, const float*, const std::complex<float>*, std::complex<float>*,
                            std::complex<float>*);
template void sweepForward(std::size_t, double, const double*, const double*, const double*, double*);
template void sweepBackward(std::size_t, double, const double*, const double*, double*, double*);

}  // namespace lacuna
