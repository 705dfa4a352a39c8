#include "grid/row_pairs.hpp"

#include <cstring>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

using Complex = RowPairs::Complex;

/// Two complex numbers: a register of any processor with vectors.
using Two [[gnu::vector_size(16)]] = float;
using Places [[gnu::vector_size(16)]] = int;
inline Two load(const float* p) {
  Two v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(Two v, float* p) { std::memcpy(p, &v, sizeof v); }
inline Two reversed(Two v) { return __builtin_shuffle(v, Places{2, 3, 0, 1}); }
inline Two swapped(Two v) { return __builtin_shuffle(v, Places{1, 0, 3, 2}); }
constexpr Two conjugating{1, -1, 1, -1};

LACUNA_VECTOR_CLONES void join(std::size_t n, const double* a, const double* b, float* z) {
#pragma GCC ivdep
  for (std::size_t x = 0; x < n; ++x) {
    z[2 * x] = static_cast<float>(a[x]);
    z[2 * x + 1] = static_cast<float>(b[x]);
  }
}
LACUNA_VECTOR_CLONES void part(std::size_t n, const float* z, double* a, double* b) {
#pragma GCC ivdep
  for (std::size_t x = 0; x < n; ++x) {
    a[x] = z[2 * x];
    b[x] = z[2 * x + 1];
  }
}

/// A_k = (Z_k + conj Z_-k) / 2 and B_k = (Z_k - conj Z_-k) / 2i, for k = 0 ... n/2.
LACUNA_VECTOR_CLONES void split(std::size_t n, const float* z, float* a, float* b) {
  const auto one = [&](std::size_t k) {
    const float *p = z + 2 * k, *m = z + 2 * (k ? n - k : 0);
    const float pr = p[0], pi = p[1], mr = m[0], mi = m[1];
    a[2 * k] = 0.5F * (pr + mr);
    a[2 * k + 1] = 0.5F * (pi - mi);
    b[2 * k] = 0.5F * (pi + mi);
    b[2 * k + 1] = 0.5F * (mr - pr);
  };
  one(0);
  std::size_t k = 1;
  for (; k + 1 <= n / 2; k += 2) {
    const Two p = load(z + 2 * k), m = conjugating * reversed(load(z + 2 * (n - k - 1)));
    store(0.5F * (p + m), a + 2 * k);
    store(0.5F * conjugating * swapped(p - m), b + 2 * k);  // (x + iy) / i = y - ix
  }
  for (; k <= n / 2; ++k) one(k);
}
/// Z_k = A_k + i B_k, and Z_-k of the conjugates; where k is -k, twice the real parts.
LACUNA_VECTOR_CLONES void merge(std::size_t n, const float* a, const float* b, float* z) {
  const auto real = [&](std::size_t k) {
    z[2 * k] = 2 * a[2 * k];
    z[2 * k + 1] = 2 * b[2 * k];
  };
  const auto one = [&](std::size_t k) {
    const float ar = a[2 * k], ai = a[2 * k + 1], br = b[2 * k], bi = b[2 * k + 1];
    float *p = z + 2 * k, *m = z + 2 * (n - k);
    p[0] = ar - bi;
    p[1] = ai + br;
    m[0] = ar + bi;
    m[1] = br - ai;
  };
  real(0);
  const std::size_t last = (n - 1) / 2;  // before Nyquist
  std::size_t k = 1;
  for (; k + 1 <= last; k += 2) {
    const Two u = load(a + 2 * k), v = swapped(load(b + 2 * k)) * -conjugating;  // i b = -y + ix
    store(u + v, z + 2 * k);
    store(reversed(conjugating * (u - v)), z + 2 * (n - k - 1));
  }
  for (; k <= last; ++k) one(k);
  if (n % 2 == 0 && n > 1) real(n / 2);
}

}  // namespace

RowPairs::RowPairs(PetscInt n, PetscInt rows, PetscInt atOnce)
    : n_(n),
      pairs_((rows + 1) / 2),
      block_((atOnce + 1) / 2),
      in_(alignedBuffer<Complex>(block_ * n)),
      out_(alignedBuffer<Complex>(block_ * n)) {}

void RowPairs::plan(unsigned flags) {
  const int length = static_cast<int>(n_);
  const auto make = [&](PetscInt pairs, int sign) {
    const typename Api::Iodim along{length, 1, 1}, many{static_cast<int>(pairs), length, length};
    return Api::planComplex(1, &along, 1, &many, raw(in_.get()), raw(out_.get()), sign, flags);
  };
  forward_ = blockPlan<float>(pairs_, block_, [&](PetscInt pairs) { return make(pairs, FFTW_FORWARD); });
  backward_ = blockPlan<float>(pairs_, block_, [&](PetscInt pairs) { return make(pairs, FFTW_BACKWARD); });
}

void RowPairs::forward(PetscInt count, const double* rows, Complex* half, std::int64_t stride) {
  const auto n = static_cast<std::size_t>(n_);
  const auto numbers = [](Complex* p) { return reinterpret_cast<float*>(p); };
  for (PetscInt r = 0; r < count; r += 2) {
    const double* a = rows + r * n;
    join(n, a, r + 1 < count ? a + n : a, numbers(in_.get() + (r / 2) * n));
  }
  Api::complex(forward_.of((count + 1) / 2), raw(in_.get()), raw(out_.get()));
  for (PetscInt r = 0; r < count; r += 2) {
    Complex* a = half + r * stride;
    // The last row of an odd number is its own partner: the second spectrum, its own too, comes first.
    float* b = numbers(r + 1 < count ? a + stride : a);
    split(n, numbers(out_.get() + (r / 2) * n), numbers(a), b);
  }
}

void RowPairs::backward(PetscInt count, const Complex* half, std::int64_t stride, double* rows) {
  const auto n = static_cast<std::size_t>(n_);
  const auto numbers = [](const Complex* p) { return reinterpret_cast<const float*>(p); };
  for (PetscInt r = 0; r < count; r += 2) {
    const Complex* a = half + r * stride;
    merge(n, numbers(a), numbers(r + 1 < count ? a + stride : a), reinterpret_cast<float*>(in_.get() + (r / 2) * n));
  }
  Api::complex(backward_.of((count + 1) / 2), raw(in_.get()), raw(out_.get()));
  for (PetscInt r = 0; r < count; r += 2) {
    double* a = rows + r * n;
    part(n, numbers(out_.get() + (r / 2) * n), a, r + 1 < count ? a + n : a);
  }
}

}  // namespace lacuna
