#include "operators/laplacian.hpp"

#include <algorithm>

#include "operators/stencil_lines.hpp"

namespace lacuna {

Laplacian::Laplacian(const Cube& cube, const Spacing& h)
    : LinearOperator(cube.space(), cube.space()),
      cube_(cube),
      weight_{1 / (h[0] * h[0]), 1 / (h[1] * h[1]), 1 / (h[2] * h[2])},
      halo_(cube, {.below = 1, .above = 1, .boundary = RowBoundary::Zero}),
      padded_(halo_.padded().size()) {
  if (cube.shape().channels != 1) throw Error("Laplacian: the cube must have one channel");
  requireSpacing(h);
}

void Laplacian::doApplyForward(Vec x, Vec y) const {
  halo_.fill(x, padded_);
  const WriteLocal out(y);
  const Shape& s = cube_.shape();
  const StencilStrides stride = stridesOf(cube_, halo_.padded());
  const auto nx = static_cast<std::size_t>(s.nx);
  forEachLine(cube_, halo_.padded(), [&](const StencilLine& line) {
    const double* p = padded_.data() + line.padded;
    double* to = out.data() + line.own;
    // A neighbour that does not exist is the pixel itself: no difference.
    const double *left = p + (line.y > 0 ? -stride.y : 0), *right = p + (line.y + 1 < s.ny ? stride.y : 0),
                 *below = p + (line.z > 0 ? -stride.z : 0), *above = p + (line.z + 1 < s.nz ? stride.z : 0);
    const auto [wz, wy, wx] = weight_;
    const auto across = [&](std::size_t i) { return wy * ((p[i] - left[i]) + (p[i] - right[i])); };
    if (s.nz > 1)
      for (std::size_t i = 0; i < nx; ++i) to[i] = across(i) + wz * ((p[i] - below[i]) + (p[i] - above[i]));
    else
      for (std::size_t i = 0; i < nx; ++i) to[i] = across(i);
    if (nx == 1) return;
    to[0] += wx * (p[0] - p[1]);
    for (std::size_t i = 1; i + 1 < nx; ++i) to[i] += wx * ((p[i] - p[i - 1]) + (p[i] - p[i + 1]));
    to[nx - 1] += wx * (p[nx - 1] - p[nx - 2]);
  });
}

bool Laplacian::addDiagonal(Vec d) const {
  const WriteLocal out(d);
  const Shape& s = cube_.shape();
  const auto neighbours = [](PetscInt i, PetscInt n) { return static_cast<double>((i > 0) + (i + 1 < n)); };
  forEachLine(cube_, halo_.padded(), [&](const StencilLine& line) {
    const double across = weight_[0] * neighbours(line.z, s.nz) + weight_[1] * neighbours(line.y, s.ny);
    for (PetscInt i = 0; i < s.nx; ++i)
      out.data()[line.own + static_cast<std::size_t>(i)] += across + weight_[2] * neighbours(i, s.nx);
  });
  return true;
}

}  // namespace lacuna
