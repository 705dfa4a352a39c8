#include "operators/gradient.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "operators/stencil_lines.hpp"

namespace lacuna {
namespace {

std::vector<int> longAxes(const Shape& s) {
  std::vector<int> axes;
  const PetscInt extents[3] = {s.nz, s.ny, s.nx};
  for (int a = 0; a < 3; ++a)
    if (extents[a] > 1) axes.push_back(a);
  if (axes.empty()) axes.push_back(2);
  return axes;
}

}  // namespace

void requireSpacing(const Spacing& spacing) {
  for (double h : spacing)
    if (!(h > 0) || std::isinf(h))
      throw Error(ExitCode::BadConfig, "the size of a voxel is " + std::to_string(h) + "; it must be positive");
}

Gradient::Gradient(const Cube& cube, const Spacing& spacing)
    : Gradient(cube, spacing, longAxes(cube.shape()),
               cube.withChannels(static_cast<PetscInt>(longAxes(cube.shape()).size()))) {}

Gradient::Gradient(const Cube& cube, const Spacing& spacing, std::vector<int> axes, Cube range)
    : LinearOperator(cube.space(), range.space()),
      cube_(cube),
      rangeCube_(std::move(range)),
      axes_(std::move(axes)),
      inverse_{1 / spacing[0], 1 / spacing[1], 1 / spacing[2]},
      halo_(cube, {.below = 0, .above = 1, .boundary = RowBoundary::Zero}) {
  if (cube.shape().channels != 1) throw Error("Gradient: the cube must have one channel");
  requireSpacing(spacing);
}

double Gradient::sumOfLengths(Vec x) const {
  if (!domain().holds(x)) throw Error("Gradient: x is not in the space of the domain");
  std::vector<double> padded(halo_.padded().size());
  halo_.fill(x, padded);
  const Shape& s = cube_.shape();
  const StencilStrides stride = stridesOf(cube_, halo_.padded());
  const auto nx = static_cast<std::size_t>(s.nx);
  return sumOver(domain().comm(), [&] {
    double sum = 0;
    std::vector<double> squares(nx);
    forEachLine(cube_, halo_.padded(), [&](const StencilLine& line) {
      std::fill(squares.begin(), squares.end(), 0.0);
      const double* p = padded.data() + line.padded;
      for (const int axis : axes_) {
        if (axis == 0 ? line.z + 1 == s.nz : axis == 1 ? line.y + 1 == s.ny : false) continue;
        const double* q = p + (axis == 0 ? stride.z : axis == 1 ? stride.y : 1);
        const double h = inverse_[static_cast<std::size_t>(axis)];
        for (std::size_t i = 0; i + (axis == 2 ? 1 : 0) < nx; ++i)
          squares[i] += (h * (q[i] - p[i])) * (h * (q[i] - p[i]));
      }
      for (const double square : squares) sum += std::sqrt(square);
    });
    return sum;
  });
}

void Gradient::doApplyForward(Vec x, Vec y) const {
  padded_.resize(halo_.padded().size());
  halo_.fill(x, padded_);
  const WriteLocal out(y);
  const Shape& s = cube_.shape();
  const StencilStrides stride = stridesOf(cube_, halo_.padded());
  const auto nx = static_cast<std::size_t>(s.nx), channels = axes_.size();
  const std::size_t plane = static_cast<std::size_t>(cube_.box().count[2] * cube_.box().count[3]) * nx;
  forEachLine(cube_, halo_.padded(), [&](const StencilLine& line) {
    const double* p = padded_.data() + line.padded;
    const std::size_t frame = line.own / plane;
    for (std::size_t c = 0; c < channels; ++c) {
      double* to = out.data() + line.own + (frame * (channels - 1) + c) * plane;
      const double h = inverse_[static_cast<std::size_t>(axes_[c])];
      if (axes_[c] == 2) {
        for (std::size_t i = 0; i + 1 < nx; ++i) to[i] = h * (p[i + 1] - p[i]);
        to[nx - 1] = 0;
        continue;
      }
      const bool last = axes_[c] == 0 ? line.z + 1 == s.nz : line.y + 1 == s.ny;
      const double* q = p + (axes_[c] == 0 ? stride.z : stride.y);
      if (last)
        std::fill_n(to, nx, 0.0);
      else
        for (std::size_t i = 0; i < nx; ++i) to[i] = h * (q[i] - p[i]);
    }
  });
}

void Gradient::doApplyAdjoint(Vec y, Vec x) const {
  padded_.assign(halo_.padded().size(), 0.0);
  {
    const ReadLocal in(y);
    const Shape& s = cube_.shape();
    const StencilStrides stride = stridesOf(cube_, halo_.padded());
    const auto nx = static_cast<std::size_t>(s.nx), channels = axes_.size();
    const std::size_t plane = static_cast<std::size_t>(cube_.box().count[2] * cube_.box().count[3]) * nx;
    forEachLine(cube_, halo_.padded(), [&](const StencilLine& line) {
      double* p = padded_.data() + line.padded;
      const std::size_t frame = line.own / plane;
      for (std::size_t c = 0; c < channels; ++c) {
        const double* from = in.data() + line.own + (frame * (channels - 1) + c) * plane;
        const double h = inverse_[static_cast<std::size_t>(axes_[c])];
        if (axes_[c] == 2) {
          for (std::size_t i = 0; i + 1 < nx; ++i) p[i] -= h * from[i];
          for (std::size_t i = 0; i + 1 < nx; ++i) p[i + 1] += h * from[i];
          continue;
        }
        if (axes_[c] == 0 ? line.z + 1 == s.nz : line.y + 1 == s.ny) continue;
        double* q = p + (axes_[c] == 0 ? stride.z : stride.y);
        for (std::size_t i = 0; i < nx; ++i) p[i] -= h * from[i];
        for (std::size_t i = 0; i < nx; ++i) q[i] += h * from[i];
      }
    });
  }
  halo_.addBack(padded_, x);
}

}  // namespace lacuna
