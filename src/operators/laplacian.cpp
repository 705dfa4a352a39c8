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
    const double w = weight_[2];
    if (nx == 1) {
      to[0] = 0;
    } else {
      to[0] = w * (p[0] - p[1]);
      for (std::size_t i = 1; i + 1 < nx; ++i) to[i] = w * ((p[i] - p[i - 1]) + (p[i] - p[i + 1]));
      to[nx - 1] = w * (p[nx - 1] - p[nx - 2]);
    }
    const auto add = [&](double weight, std::ptrdiff_t step) {
      const double* q = p + step;
      for (std::size_t i = 0; i < nx; ++i) to[i] += weight * (p[i] - q[i]);
    };
    if (line.y > 0) add(weight_[1], -stride.y);
    if (line.y + 1 < s.ny) add(weight_[1], stride.y);
    if (line.z > 0) add(weight_[0], -stride.z);
    if (line.z + 1 < s.nz) add(weight_[0], stride.z);
  });
}

}  // namespace lacuna
