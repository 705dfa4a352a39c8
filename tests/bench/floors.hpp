#pragma once
/// The floors of an iteration, measured in the process of a benchmark: bandwidth, and the arithmetic of proximal steps.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bare_transforms.hpp"
#include "base/vector_clones.hpp"
#include "model/noise.hpp"

namespace lacuna {

/// CPU time on one rank; on several, which wait for one another, wall time.
inline double (*benchClock())() { return sizeOf(PETSC_COMM_WORLD) > 1 ? MPI_Wtime : cpuSeconds; }

/// Seconds of work, of the slowest rank; the best of `repeats`.
template <class F>
double bestOf(int repeats, F&& work) {
  double (*const clock)() = benchClock();
  double best = 1e300;
  for (int r = 0; r < repeats; ++r) {
    checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
    const double start = clock();
    work();
    best = std::min(best, most(clock() - start));
  }
  return best;
}

LACUNA_VECTOR_CLONES inline void addTo(std::size_t n, double c, const double* x, double* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] += c * x[i];
}

/// Bytes a second of y <- y + c x (24 bytes a pixel: STREAM's triad without the hidden read of what is overwritten),
/// all ranks at once, on arrays that take `bytes` of this rank together: what fits into a cache is judged by the cache.
inline double bandwidth(std::int64_t bytes) {
  const auto n = static_cast<std::size_t>(std::max<std::int64_t>(bytes / 16, 1024));
  std::vector<double> x(n, 1.0), y(n, 2.0);
  const int passes = static_cast<int>(std::max<std::int64_t>(1, (32 << 20) / std::max<std::int64_t>(bytes, 1)));
  const double seconds = bestOf(3, [&] {
    for (int p = 0; p < passes; ++p) addTo(n, 1e-3, x.data(), y.data());
  });
  return 24 * static_cast<double>(n) * passes / seconds;
}

/// Seconds of the proximal steps of `count` data, one line of `line` data again and again: arithmetic alone.
inline double proxSeconds(const Noise& noise, PetscInt line, PetscInt count) {
  line = std::min(line, count);
  if (line == 0) return 0;
  const auto n = static_cast<std::size_t>(line);
  std::vector<double> v(n, 3.0), weight(n, 0.3), mu(n);
  const PetscInt lines = count / line;
  return bestOf(3, [&] {
    for (PetscInt i = 0; i < lines; ++i) noise.prox(0, line, v.data(), weight.data(), mu.data());
  });
}

LACUNA_VECTOR_CLONES inline void shrinkPairs(std::size_t n, double threshold, double* a, double* b) {
  for (std::size_t i = 0; i < n; ++i) {
    const double left = 1 - threshold / (std::sqrt(a[i] * a[i] + b[i] * b[i]) + 1e-300), f = left > 0 ? left : 0;
    a[i] = 2 * f * a[i] - 0.9 * a[i];
    b[i] = 2 * f * b[i] - 0.9 * b[i];
  }
}

/// Seconds of one joint shrinkage of two slopes of `count` pixels, as proxSeconds.
inline double shrinkSeconds(PetscInt line, PetscInt count) {
  const auto n = static_cast<std::size_t>(line);
  std::vector<double> a(n, 3.0), b(n, 0.3);
  return bestOf(3, [&] {
    for (PetscInt i = 0; i < count / line; ++i) shrinkPairs(n, 0.1, a.data(), b.data());
  });
}

}  // namespace lacuna
