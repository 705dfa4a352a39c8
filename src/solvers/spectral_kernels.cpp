#include "solvers/spectral_kernels.hpp"

#include <cmath>
#include <numbers>

#include "base/vector_clones.hpp"

namespace lacuna {

namespace {

using Complex = std::complex<double>;
const double* parts(const Complex* p) { return reinterpret_cast<const double*>(p); }
double* parts(Complex* p) { return reinterpret_cast<double*>(p); }

LACUNA_VECTOR_CLONES void conjugateProduct(std::size_t n, double c, double keep, const double* share, const double* h,
                                           const double* in, double* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const double s = c * share[i], a = h[2 * i], b = h[2 * i + 1], x = in[2 * i], y = in[2 * i + 1];
    out[2 * i] = keep * out[2 * i] + s * (a * x + b * y);
    out[2 * i + 1] = keep * out[2 * i + 1] + s * (a * y - b * x);
  }
}
LACUNA_VECTOR_CLONES void product(std::size_t n, const double* h, const double* in, double* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const double a = h[2 * i], b = h[2 * i + 1], x = in[2 * i], y = in[2 * i + 1];
    out[2 * i] = a * x - b * y;
    out[2 * i + 1] = a * y + b * x;
  }
}
LACUNA_VECTOR_CLONES void scaledSum(std::size_t n, const double* share, const double* in, double* out) {
  for (std::size_t i = 0; i < n; ++i) {
    out[2 * i] += share[i] * in[2 * i];
    out[2 * i + 1] += share[i] * in[2 * i + 1];
  }
}

}  // namespace

double squaredDifferences(const Mode& k, const Spacing& h) {
  const auto square = [](double f, double spacing) {
    return (2 - 2 * std::cos(2 * std::numbers::pi * f)) / (spacing * spacing);
  };
  return square(k.fz, h[0]) + square(k.fy, h[1]) + square(k.fx, h[2]);
}

void applyAdjointTransfer(std::size_t n, double c, const double* share, const Complex* h, const Complex* in,
                          Complex* out) {
  conjugateProduct(n, c, 0, share, parts(h), parts(in), parts(out));
}
void addAdjointTransfer(std::size_t n, double c, const double* share, const Complex* h, const Complex* in,
                        Complex* out) {
  conjugateProduct(n, c, 1, share, parts(h), parts(in), parts(out));
}
void applyTransfer(std::size_t n, const Complex* h, const Complex* in, Complex* out) {
  product(n, parts(h), parts(in), parts(out));
}
void addShare(std::size_t n, const double* share, const Complex* in, Complex* out) {
  scaledSum(n, share, parts(in), parts(out));
}

}  // namespace lacuna
