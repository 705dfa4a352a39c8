#include "operators/separable_psf.hpp"

#include <cmath>

namespace lacuna {
namespace {

/// matrix = sum_i left_i right_i^T + rest.
struct OuterProducts {
  std::vector<std::vector<double>> left, right;
};

/// Of a matrix [rows][columns], until the sum of |rest| is at most `tolerance`, or there are more than `most`.
OuterProducts outerProducts(std::vector<double> matrix, std::size_t columns, double tolerance, std::size_t most) {
  OuterProducts out;
  const std::size_t rows = matrix.size() / columns;
  while (out.left.size() <= most) {
    double sum = 0, largest = 0;
    std::size_t pivot = 0;
    for (std::size_t i = 0; i < matrix.size(); ++i) {
      const double size = std::abs(matrix[i]);
      sum += size;
      if (size > largest) largest = size, pivot = i;
    }
    if (sum <= tolerance || largest == 0) break;
    const std::size_t row = pivot / columns, column = pivot % columns;
    std::vector<double>&left = out.left.emplace_back(), &right = out.right.emplace_back();
    for (std::size_t r = 0; r < rows; ++r) left.push_back(matrix[r * columns + column] / matrix[pivot]);
    right.assign(matrix.begin() + static_cast<std::ptrdiff_t>(row * columns),
                 matrix.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns));
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) matrix[r * columns + c] -= left[r] * right[c];
    for (std::size_t r = 0; r < rows; ++r) matrix[r * columns + column] = 0;  // what is done is done exactly
    for (std::size_t c = 0; c < columns; ++c) matrix[row * columns + c] = 0;
  }
  return out;
}

}  // namespace

std::optional<SeparablePsf> separate(const Psf& psf, std::size_t most) {
  double weight = 0;
  for (double h : psf.values) weight += std::abs(h);
  const double tolerance = 1e-14 * weight;
  SeparablePsf out;
  const auto planes = outerProducts(psf.values, static_cast<std::size_t>(psf.ny) * psf.nx, 0.5 * tolerance, most);
  if (planes.left.size() > most) return std::nullopt;
  for (std::size_t i = 0; i < planes.left.size(); ++i) {
    double size = 0;
    for (double z : planes.left[i]) size += std::abs(z);
    const auto lines = outerProducts(planes.right[i], static_cast<std::size_t>(psf.nx),
                                     0.5 * tolerance / (size * static_cast<double>(planes.left.size())), most);
    if (out.size() + lines.left.size() > most) return std::nullopt;
    for (std::size_t j = 0; j < lines.left.size(); ++j) out.push_back({planes.left[i], lines.left[j], lines.right[j]});
  }
  return out;
}

}  // namespace lacuna
