#include "operators/correlate_line.hpp"

#include "base/eight.hpp"

namespace lacuna {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
[[gnu::target_clones("default", "fma", "avx512f")]]
#endif
void correlateLine(const double* const* rows, PetscInt rowCount, const double* taps, PetscInt tapCount, PetscInt n,
                   bool add, double* out) {
  PetscInt i = 0;
  for (; i + 4 * eight <= n; i += 4 * eight) {
    Eight a{}, b{}, c{}, d{};
    const double* h = taps;
    for (PetscInt j = 0; j < rowCount; ++j) {
      const double* row = rows[j] + i;
      for (PetscInt k = 0; k < tapCount; ++k, ++h, ++row) {
        a += *h * eightAt(row);
        b += *h * eightAt(row + eight);
        c += *h * eightAt(row + 2 * eight);
        d += *h * eightAt(row + 3 * eight);
      }
    }
    if (add) {
      a += eightAt(out + i);
      b += eightAt(out + i + eight);
      c += eightAt(out + i + 2 * eight);
      d += eightAt(out + i + 3 * eight);
    }
    eightAt(out + i) = a;
    eightAt(out + i + eight) = b;
    eightAt(out + i + 2 * eight) = c;
    eightAt(out + i + 3 * eight) = d;
  }
  for (; i + eight <= n; i += eight) {
    Eight a{};
    const double* h = taps;
    for (PetscInt j = 0; j < rowCount; ++j)
      for (PetscInt k = 0; k < tapCount; ++k) a += *h++ * eightAt(rows[j] + i + k);
    eightAt(out + i) = add ? eightAt(out + i) + a : a;
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
