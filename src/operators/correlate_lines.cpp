#include "operators/correlate_lines.hpp"

#include "base/eight.hpp"

namespace lacuna {
namespace {

/// Sums of two neighbouring lines (or of the first alone) in `Count` vectors each, which must stay in registers: twice
/// Count, and what is loaded.
template <int Count>
struct Sums {
  Eight first[Count]{}, second[Count]{};

  [[gnu::always_inline]] inline void toFirst(const double* in, const double* taps, PetscInt columns) {
    for (PetscInt k = 0; k < columns; ++k)
#pragma GCC unroll 4
      for (int v = 0; v < Count; ++v) first[v] += taps[k] * eightAt(in + k + v * eight);
  }
  [[gnu::always_inline]] inline void toSecond(const double* in, const double* taps, PetscInt columns) {
    for (PetscInt k = 0; k < columns; ++k)
#pragma GCC unroll 4
      for (int v = 0; v < Count; ++v) second[v] += taps[k] * eightAt(in + k + v * eight);
  }
  [[gnu::always_inline]] inline void toBoth(const double* in, const double* taps, PetscInt columns) {
    const double* before = taps - columns;
    for (PetscInt k = 0; k < columns; ++k)
#pragma GCC unroll 4
      for (int v = 0; v < Count; ++v) {
        const Eight x = eightAt(in + k + v * eight);
        first[v] += taps[k] * x;
        second[v] += before[k] * x;
      }
  }
};

template <int Count>
[[gnu::always_inline]] inline void store(const Eight (&sums)[Count], bool add, double* out) {
#pragma GCC unroll 4
  for (int v = 0; v < Count; ++v) eightAt(out + v * eight) = add ? eightAt(out + v * eight) + sums[v] : sums[v];
}

/// Entries i ... i + 8 Count - 1 of two lines, or of one.
template <int Count>
[[gnu::always_inline]] inline void blockOfLines(const double* const* in, const LineTaps& t, PetscInt i, bool two,
                                                bool add, double* const* out) {
  Sums<Count> sums;
  if (two) {
    sums.toFirst(in[0] + i, t.values, t.columns);
    for (PetscInt j = 1; j < t.rows; ++j) sums.toBoth(in[j] + i, t.values + j * t.columns, t.columns);
    sums.toSecond(in[t.rows] + i, t.values + (t.rows - 1) * t.columns, t.columns);
    store(sums.second, add, out[1] + i);
  } else {
    for (PetscInt j = 0; j < t.rows; ++j) sums.toFirst(in[j] + i, t.values + j * t.columns, t.columns);
  }
  store(sums.first, add, out[0] + i);
}

template <int Count>
[[gnu::always_inline]] inline void allLines(const double* const* in, const LineTaps& t, PetscInt n, PetscInt lines,
                                            bool add, double* const* out) {
  for (PetscInt l = 0; l < lines; l += 2) {
    const bool two = l + 1 < lines;
    PetscInt i = 0;
    for (; i + Count * eight <= n; i += Count * eight) blockOfLines<Count>(in + l, t, i, two, add, out + l);
    for (; i + eight <= n; i += eight) blockOfLines<1>(in + l, t, i, two, add, out + l);
    for (; i < n; ++i)
      for (PetscInt m = l; m < l + 1 + two; ++m) {
        double sum = 0;
        for (PetscInt j = 0; j < t.rows; ++j)
          for (PetscInt k = 0; k < t.columns; ++k) sum += t.values[j * t.columns + k] * in[m + j][i + k];
        out[m][i] = add ? out[m][i] + sum : sum;
      }
  }
}

using Kernel = void (*)(const double* const*, const LineTaps&, PetscInt, PetscInt, bool, double* const*);

void anywhere(const double* const* in, const LineTaps& t, PetscInt n, PetscInt lines, bool add, double* const* out) {
  allLines<1>(in, t, n, lines, add, out);
}
#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void withAvx2(const double* const* in, const LineTaps& t, PetscInt n, PetscInt lines,
                                          bool add, double* const* out) {
  allLines<2>(in, t, n, lines, add, out);
}
[[gnu::target("avx512f")]] void withAvx512(const double* const* in, const LineTaps& t, PetscInt n, PetscInt lines,
                                           bool add, double* const* out) {
  allLines<4>(in, t, n, lines, add, out);
}
Kernel best() {
  if (__builtin_cpu_supports("avx512f")) return withAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return withAvx2;
  return anywhere;
}
#else
Kernel best() { return anywhere; }
#endif

}  // namespace

void correlateLines(const double* const* in, const LineTaps& taps, PetscInt n, PetscInt lines, bool add,
                    double* const* out) {
  static const Kernel kernel = best();
  kernel(in, taps, n, lines, add, out);
}

}  // namespace lacuna
