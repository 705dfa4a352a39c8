#pragma once
/// Small matrices as operators, and plain dense algebra to compare with. Every rank holds the whole matrix.
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "natural.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

using DenseMatrix = std::vector<std::vector<double>>;  ///< [row][column]

inline DenseMatrix denseOf(int rows, int columns, const std::function<double(int, int)>& f) {
  DenseMatrix m;
  for (int i = 0; i < rows; ++i) {
    m.emplace_back();
    for (int j = 0; j < columns; ++j) m.back().push_back(f(i, j));
  }
  return m;
}
inline DenseMatrix transposed(const DenseMatrix& m) {
  return denseOf(static_cast<int>(m.at(0).size()), static_cast<int>(m.size()),
                 [&](int i, int j) { return m[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)]; });
}
inline std::vector<double> times(const DenseMatrix& m, const std::vector<double>& x) {
  std::vector<double> y;
  for (const auto& row : m) {
    double sum = 0;
    for (std::size_t j = 0; j < x.size(); ++j) sum += row[j] * x[j];
    y.push_back(sum);
  }
  return y;
}
/// Gauss-Jordan elimination with pivots.
inline DenseMatrix inverse(DenseMatrix a) {
  const std::size_t n = a.size();
  DenseMatrix b = denseOf(static_cast<int>(n), static_cast<int>(n), [](int i, int j) { return i == j ? 1.0 : 0.0; });
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t pivot = c;
    for (std::size_t i = c; i < n; ++i)
      if (std::abs(a[i][c]) > std::abs(a[pivot][c])) pivot = i;
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    const double p = a[c][c];
    for (std::size_t j = 0; j < n; ++j) a[c][j] /= p, b[c][j] /= p;
    for (std::size_t i = 0; i < n; ++i) {
      const double f = a[i][c];
      if (i == c || f == 0) continue;
      for (std::size_t j = 0; j < n; ++j) a[i][j] -= f * a[c][j], b[i][j] -= f * b[c][j];
    }
  }
  return b;
}
/// Entry (k, i) of the orthogonal matrix of the cosine transform (DCT-II) of length n.
inline double cosineBasis(int k, int i, int n) {
  return std::sqrt((k == 0 ? 1.0 : 2.0) / n) * std::cos(std::acos(-1.0) * (i + 0.5) * k / n);
}

/// y = A x with `adjoint` as A^T: a wrong one may be given. Domain and range must have as many entries as A.
class DenseOperator final : public LinearOperator {
 public:
  DenseOperator(const Space& domain, const Space& range, DenseMatrix A, DenseMatrix adjoint)
      : LinearOperator(domain, range), A_(std::move(A)), At_(std::move(adjoint)) {}
  DenseOperator(const Space& domain, const Space& range, const DenseMatrix& A)
      : DenseOperator(domain, range, A, transposed(A)) {}

 private:
  static void work(const DenseMatrix& m, const Space& from, const Space& to, Vec x, Vec y) {
    const std::vector<double> out = times(m, inNaturalOrder(from, x));
    fillNatural(to, y, [&](std::int64_t i) { return out[static_cast<std::size_t>(i)]; });
  }
  void doApplyForward(Vec x, Vec y) const override { work(A_, domain(), range(), x, y); }
  void doApplyAdjoint(Vec y, Vec x) const override { work(At_, range(), domain(), y, x); }
  DenseMatrix A_, At_;
};

}  // namespace lacuna
