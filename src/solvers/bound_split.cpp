#include "solvers/bound_split.hpp"

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

LACUNA_VECTOR_CLONES void scaled(std::size_t n, double c, const double* from, double* to) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) to[i] = c * from[i];
}
LACUNA_VECTOR_CLONES void scaledAbsolute(std::size_t n, double c, const double* from, double* to) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) to[i] = c * std::abs(from[i]);
}
/// s <- s + c (x - max(s, 0)), or (x - s), or x.
LACUNA_VECTOR_CLONES void stepAbove(std::size_t n, double c, const double* x, double* s) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) s[i] += c * (x[i] - (s[i] > 0 ? s[i] : 0));
}
LACUNA_VECTOR_CLONES void stepAnywhere(std::size_t n, double c, const double* x, double* s) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) s[i] += c * (x[i] - s[i]);
}
LACUNA_VECTOR_CLONES void stepToZero(std::size_t n, double c, const double* x, double* s) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) s[i] += c * x[i];
}

}  // namespace

BoundSplit::BoundSplit(const Cube& grid, const Cube& image, bool positive, double relaxation)
    : space_(grid.space()), image_(image), rows_(grid, image, {}), positive_(positive), relaxation_(relaxation) {
  s_.resize(at(grid.box().count[0], 0));
}

template <class F>
void BoundSplit::eachPiece(PetscInt firstRow, PetscInt count, F&& f) const {
  const auto nx = static_cast<std::size_t>(rows_.lineLength()), inside = static_cast<std::size_t>(rows_.pixels());
  std::size_t from = 0;
  for (PetscInt i = firstRow; i < firstRow + count; ++i)
    for (PetscInt y = 0; y < rows_.lines(); ++y, from += nx) {
      const std::size_t n = rows_.row(i).place != WindowRows::Place::Outside && rows_.lineOf(y) >= 0 ? inside : 0;
      if (n > 0) f(true, from, n);
      if (n < nx) f(false, from + n, nx - n);
    }
}

void BoundSplit::start(Vec x) {
  const ReadLocal in(x);
  std::fill(s_.begin(), s_.end(), 0.0);
  rows_.toGrid(in.data(), s_.data());
}

void BoundSplit::result(Vec x) const {
  const WriteLocal out(x);
  rows_.toField(s_.data(), out.data());
  if (positive_)
    for (PetscInt i = 0; i < out.size(); ++i) out[i] = std::max(out[i], 0.0);
}

void BoundSplit::subtractMultipliers(Vec v) const {
  if (!positive_) return;
  const ScratchVec s = image_.space().scratch();
  {
    const WriteLocal point(s);
    rows_.toField(s_.data(), point.data());
  }
  const ReadLocal point(s);
  const WriteLocal out(v);
  for (PetscInt i = 0; i < out.size(); ++i) out[i] += rho_ * std::min(point[i], 0.0);
}

void BoundSplit::fill(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  const double* s = s_.data() + at(frame, firstRow);
  eachPiece(firstRow, count, [&](bool inside, std::size_t from, std::size_t n) {
    if (!inside)
      scaled(n, -rho_, s + from, rows + from);
    else
      (positive_ ? scaledAbsolute : scaled)(n, rho_, s + from, rows + from);
  });
}

void BoundSplit::update(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) {
  double* s = s_.data() + at(frame, firstRow);
  eachPiece(firstRow, count, [&](bool inside, std::size_t from, std::size_t n) {
    (!inside ? stepToZero : positive_ ? stepAbove : stepAnywhere)(n, relaxation_, x + from, s + from);
  });
}

void BoundSplit::values(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  const double* s = s_.data() + at(frame, firstRow);
  eachPiece(firstRow, count, [&](bool inside, std::size_t from, std::size_t n) {
    for (std::size_t i = from; i < from + n; ++i) rows[i] = !inside ? 0 : positive_ ? std::max(s[i], 0.0) : s[i];
  });
}

void BoundSplit::keepIn(State& state, ArrayViews& views) {
  state.field("bound_point", space_, views.of(space_, s_)).value("bound_rho", rho_);
}

void BoundSplit::setPenalty(double rho) {
  const double c = rho_ / rho;
  for (std::size_t frame = 0, size = at(1, 0); size > 0 && frame < s_.size() / size; ++frame) {
    double* s = s_.data() + frame * size;
    eachPiece(0, rows_.rows(), [&](bool inside, std::size_t from, std::size_t n) {
      for (std::size_t i = from; i < from + n; ++i)
        if (!inside || (positive_ && s[i] < 0)) s[i] *= c;
    });
  }
  rho_ = rho;
}

}  // namespace lacuna
