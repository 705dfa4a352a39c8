#pragma once
/// A small periodic weak-lensing problem written down from the definitions: sums over modes and a dense Cholesky
/// factorisation. Knows nothing of the library's transforms and operators.
#include <cmath>
#include <complex>
#include <functional>
#include <numbers>
#include <vector>

namespace dense {

using Matrix = std::vector<std::vector<double>>;

struct Problem {
  int ny = 0, nx = 0;
  std::function<double(double f)> power;  ///< pixel power against |f| in cycles per pixel
  std::vector<double> gamma;              ///< gamma1 of all pixels, then gamma2
  std::vector<double> variance;           ///< of either component; infinite where masked
  int pixels() const { return ny * nx; }
};

struct Posterior {
  std::vector<double> mean, std;
};

/// K_ij = (1/N) sum_k P(k) D_a(k) D_b(k) cos(2 pi k (x_i - x_j)), with D_0 = 1, D_1 and D_2 the lensing kernels.
inline Matrix covariance(const Problem& p, int a, int b) {
  const int n = p.pixels();
  Matrix K(static_cast<std::size_t>(n), std::vector<double>(static_cast<std::size_t>(n)));
  auto signedFrequency = [](int i, int m) { return (2 * i <= m ? i : i - m) / static_cast<double>(m); };
  for (int ky = 0; ky < p.ny; ++ky)
    for (int kx = 0; kx < p.nx; ++kx) {
      const double fx = signedFrequency(kx, p.nx), fy = signedFrequency(ky, p.ny), ff = fx * fx + fy * fy;
      const bool edgeX = 2 * kx == p.nx, edgeY = 2 * ky == p.ny;
      const double D[3] = {1, ff > 0 ? (fx * fx - fy * fy) / ff : 0,
                           edgeX && edgeY              ? 1
                           : edgeX || edgeY || ff == 0 ? 0
                                                       : 2 * fx * fy / ff};
      const double weight = p.power(std::sqrt(ff)) * D[a] * D[b] / n;
      if (weight == 0) continue;
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
          K[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] +=
              weight * std::cos(2 * std::numbers::pi * (fx * (i % p.nx - j % p.nx) + fy * (i / p.nx - j / p.nx)));
    }
  return K;
}

/// In place: the lower triangle L of A = L L^T.
inline void cholesky(Matrix& A) {
  for (std::size_t j = 0; j < A.size(); ++j) {
    for (std::size_t k = 0; k < j; ++k) A[j][j] -= A[j][k] * A[j][k];
    A[j][j] = std::sqrt(A[j][j]);
    for (std::size_t i = j + 1; i < A.size(); ++i) {
      for (std::size_t k = 0; k < j; ++k) A[i][j] -= A[i][k] * A[j][k];
      A[i][j] /= A[j][j];
    }
  }
}
inline std::vector<double> forwardSolve(const Matrix& L, std::vector<double> b) {
  for (std::size_t i = 0; i < b.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= L[i][k] * b[k];
    b[i] /= L[i][i];
  }
  return b;
}

/// mean = K_0d (K_dd + N)^-1 d, variance = K_00 - K_0d (K_dd + N)^-1 K_d0, over the data that are not masked.
inline Posterior solve(const Problem& p) {
  const int n = p.pixels();
  const Matrix K[3][3] = {{covariance(p, 0, 0), covariance(p, 0, 1), covariance(p, 0, 2)},
                          {{}, covariance(p, 1, 1), covariance(p, 1, 2)},
                          {{}, {}, covariance(p, 2, 2)}};
  std::vector<int> used;
  for (int i = 0; i < 2 * n; ++i)
    if (std::isfinite(p.variance[static_cast<std::size_t>(i % n)])) used.push_back(i);
  Matrix S(used.size(), std::vector<double>(used.size()));
  for (std::size_t i = 0; i < used.size(); ++i)
    for (std::size_t j = 0; j < used.size(); ++j) {
      const int a = used[i] / n + 1, b = used[j] / n + 1;
      const auto u = static_cast<std::size_t>(used[i] % n), v = static_cast<std::size_t>(used[j] % n);
      S[i][j] = a <= b ? K[a][b][u][v] : K[b][a][v][u];
      if (i == j) S[i][j] += p.variance[u];
    }
  cholesky(S);
  std::vector<double> d;
  for (int i : used) d.push_back(p.gamma[static_cast<std::size_t>(i)]);
  const std::vector<double> half = forwardSolve(S, d);
  Posterior out;
  for (int i = 0; i < n; ++i) {
    std::vector<double> row;
    for (int j : used) row.push_back(K[0][j / n + 1][static_cast<std::size_t>(i)][static_cast<std::size_t>(j % n)]);
    const std::vector<double> r = forwardSolve(S, row);
    double mean = 0, variance = K[0][0][static_cast<std::size_t>(i)][static_cast<std::size_t>(i)];
    for (std::size_t j = 0; j < r.size(); ++j) mean += r[j] * half[j], variance -= r[j] * r[j];
    out.mean.push_back(mean);
    out.std.push_back(std::sqrt(variance));
  }
  return out;
}

}  // namespace dense
