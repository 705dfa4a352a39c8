#include "operators/laplacian.hpp"

#include <algorithm>

namespace lacuna {
namespace {

/// The rows of the neighbours in space: of frame f the row below the rank's own as wanted row 2 f, the one above as
/// 2 f + 1.
std::vector<RowLink> neighbours(const Cube& cube) {
  const Box& box = cube.box();
  const auto axis = static_cast<std::size_t>(cube.slabAxis());
  const PetscInt all = cube.shape().extents()[axis], first = box.start[axis], end = first + box.count[axis];
  const int ranks = cube.grid().spaceSize();
  std::vector<RowLink> links;
  if (box.size() == 0) return links;
  const auto want = [&](PetscInt row, PetscInt mine) {
    if (row < 0 || row >= all) return;
    const int owner = static_cast<int>(row / blockOf(all, ranks, 0).count);
    const Block theirs = blockOf(all, ranks, owner);
    for (PetscInt f = 0; f < box.count[0]; ++f)
      links.push_back({owner, f * theirs.count + row - theirs.start, 2 * f + mine});
  };
  want(first - 1, 0);
  want(end, 1);
  return links;
}
PetscInt rowOf(const Cube& cube) {
  const Shape& s = cube.shape();
  return cube.slabAxis() == 2 ? s.ny * s.nx : s.nx;
}

}  // namespace

Laplacian::Laplacian(const Cube& cube, const Spacing& h)
    : LinearOperator(cube.space(), cube.space()),
      cube_(cube),
      weight_{1 / (h[0] * h[0]), 1 / (h[1] * h[1]), 1 / (h[2] * h[2])},
      row_(static_cast<std::size_t>(rowOf(cube))),
      exchange_(cube.grid().space(), rowOf(cube), neighbours(cube)),
      ghosts_(2 * static_cast<std::size_t>(cube.box().count[0]) * row_) {
  if (cube.shape().channels != 1) throw Error("Laplacian: the cube must have one channel");
  requireSpacing(h);
}

template <class F>
void Laplacian::eachLine(F&& f) const {
  const Box& box = cube_.box();
  const auto nx = static_cast<std::size_t>(cube_.shape().nx);
  std::size_t at = 0;
  for (PetscInt frame = 0; frame < box.count[0]; ++frame)
    for (PetscInt z = 0; z < box.count[2]; ++z)
      for (PetscInt y = 0; y < box.count[3]; ++y, at += nx) f(frame, z, y, at);
}

void Laplacian::doApplyForward(Vec x, Vec y) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  exchange_.beginCopy(in.data());
  exchange_.endCopy(in.data(), ghosts_.data());
  const Shape& s = cube_.shape();
  const Box& box = cube_.box();
  const bool volume = cube_.slabAxis() == 2;
  const auto nx = static_cast<std::size_t>(s.nx);
  const auto [wz, wy, wx] = weight_;
  eachLine([&](PetscInt frame, PetscInt z, PetscInt line, std::size_t at) {
    const double* p = in.data() + at;
    double* to = out.data() + at;
    const double* ghost = ghosts_.data() + 2 * static_cast<std::size_t>(frame) * row_;
    // A neighbour that does not exist is the pixel itself: no difference.
    const auto across = [&](PetscInt i, PetscInt here, PetscInt all, std::size_t step, const double* below,
                            const double* above) {  // local row i, and in the field
      return std::pair(here == 0 ? p
                       : i == 0  ? below
                                 : p - step,
                       here + 1 == all                      ? p
                       : i + 1 == box.count[volume ? 2 : 3] ? above
                                                            : p + step);
    };
    const PetscInt y0 = box.start[3] + line, z0 = box.start[2] + z;
    const std::size_t inRow = volume ? static_cast<std::size_t>(line) * nx : 0;
    const auto [left, right] = volume ? std::pair(y0 == 0 ? p : p - nx, y0 + 1 == s.ny ? p : p + nx)
                                      : across(line, y0, s.ny, row_, ghost, ghost + row_);
    if (volume) {
      const auto [below, above] = across(z, z0, s.nz, row_, ghost + inRow, ghost + row_ + inRow);
      for (std::size_t i = 0; i < nx; ++i)
        to[i] = wy * ((p[i] - left[i]) + (p[i] - right[i])) + wz * ((p[i] - below[i]) + (p[i] - above[i]));
    } else {
      for (std::size_t i = 0; i < nx; ++i) to[i] = wy * ((p[i] - left[i]) + (p[i] - right[i]));
    }
    if (nx == 1) return;
    to[0] += wx * (p[0] - p[1]);
    for (std::size_t i = 1; i + 1 < nx; ++i) to[i] += wx * ((p[i] - p[i - 1]) + (p[i] - p[i + 1]));
    to[nx - 1] += wx * (p[nx - 1] - p[nx - 2]);
  });
}

bool Laplacian::addDiagonal(Vec d) const {
  const WriteLocal out(d);
  const Shape& s = cube_.shape();
  const Box& box = cube_.box();
  const auto neighbours = [](PetscInt i, PetscInt n) { return static_cast<double>((i > 0) + (i + 1 < n)); };
  eachLine([&](PetscInt, PetscInt z, PetscInt y, std::size_t at) {
    const double across =
        weight_[0] * neighbours(box.start[2] + z, s.nz) + weight_[1] * neighbours(box.start[3] + y, s.ny);
    for (PetscInt i = 0; i < s.nx; ++i)
      out.data()[at + static_cast<std::size_t>(i)] += across + weight_[2] * neighbours(i, s.nx);
  });
  return true;
}

}  // namespace lacuna
