#include "operators/correlate_line.hpp"

#include <cstddef>

namespace lacuna {
namespace {

/// Eight doubles at any address of a double: one register of AVX-512, two of AVX2. GCC keeps arrays of doubles in
/// memory, but a few variables of this type in registers.
using Eight [[gnu::vector_size(64), gnu::aligned(8), gnu::may_alias]] = double;
constexpr PetscInt width = 8;

inline const Eight& at(const double* p) { return *reinterpret_cast<const Eight*>(p); }
inline Eight& at(double* p) { return *reinterpret_cast<Eight*>(p); }

}  // namespace

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
[[gnu::target_clones("default", "arch=haswell", "arch=skylake-avx512")]]
#endif
void correlateLine(const double* const* rows, PetscInt rowCount, const double* taps, PetscInt tapCount, PetscInt n,
                   bool add, double* out) {
  PetscInt i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    Eight a{}, b{}, c{}, d{};
    const double* h = taps;
    for (PetscInt j = 0; j < rowCount; ++j) {
      const double* row = rows[j] + i;
      for (PetscInt k = 0; k < tapCount; ++k, ++h, ++row) {
        a += *h * at(row);
        b += *h * at(row + width);
        c += *h * at(row + 2 * width);
        d += *h * at(row + 3 * width);
      }
    }
    if (add) {
      a += at(out + i);
      b += at(out + i + width);
      c += at(out + i + 2 * width);
      d += at(out + i + 3 * width);
    }
    at(out + i) = a;
    at(out + i + width) = b;
    at(out + i + 2 * width) = c;
    at(out + i + 3 * width) = d;
  }
  for (; i + width <= n; i += width) {
    Eight a{};
    const double* h = taps;
    for (PetscInt j = 0; j < rowCount; ++j)
      for (PetscInt k = 0; k < tapCount; ++k) a += *h++ * at(rows[j] + i + k);
    at(out + i) = add ? at(out + i) + a : a;
  }
  for (; i < n; ++i) {
    double a = 0;
    const double* h = taps;
    for (PetscInt j = 0; j < rowCount; ++j)
      for (PetscInt k = 0; k < tapCount; ++k) a += *h++ * rows[j][i + k];
    out[i] = add ? out[i] + a : a;
  }
}

}  // namespace lacuna
