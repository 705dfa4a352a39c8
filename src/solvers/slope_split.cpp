#include "solvers/slope_split.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/vector_clones.hpp"

namespace lacuna {

namespace {

/// Joint shrinkage over A axes: vectors shorter than the threshold vanish, others lose that much.
template <int A>
inline void shrink(std::size_t n, const SlopeMove& m, double* const* s, const double* const* d, double* const* r) {
  double *s0 = s[0], *s1 = s[A > 1 ? 1 : 0], *s2 = s[A > 2 ? 2 : 0];
  double *r0 = r[0], *r1 = r[A > 1 ? 1 : 0], *r2 = r[A > 2 ? 2 : 0];
  const double *d0 = d[0], *d1 = d[A > 1 ? 1 : 0], *d2 = d[A > 2 ? 2 : 0];
  const double before = m.before, after = m.after, keep = m.keep, relaxation = m.relaxation;
  constexpr double tiny = 1e-300;
#pragma GCC ivdep  // no two of them overlap
  for (std::size_t i = 0; i < n; ++i) {
    double a = s0[i], b = A > 1 ? s1[i] : 0, c = A > 2 ? s2[i] : 0;
    const double left = 1 - before / (std::sqrt(a * a + b * b + c * c) + tiny), f = left > 0 ? left : 0;
    const double stay = f + keep * (1 - f) - relaxation * f;
    a = stay * a + relaxation * d0[i];
    if (A > 1) b = stay * b + relaxation * d1[i];
    if (A > 2) c = stay * c + relaxation * d2[i];
    const double next = 1 - after / (std::sqrt(a * a + b * b + c * c) + tiny), g = next > 0 ? 2 * next - 1 : -1;
    s0[i] = a;
    r0[i] = g * a;
    if (A > 1) {
      s1[i] = b;
      r1[i] = g * b;
    }
    if (A > 2) {
      s2[i] = c;
      r2[i] = g * c;
    }
  }
}
LACUNA_VECTOR_CLONES void shrinkOne(std::size_t n, const SlopeMove& m, double* const* s, const double* const* d,
                                    double* const* r) {
  shrink<1>(n, m, s, d, r);
}
LACUNA_VECTOR_CLONES void shrinkTwo(std::size_t n, const SlopeMove& m, double* const* s, const double* const* d,
                                    double* const* r) {
  shrink<2>(n, m, s, d, r);
}
LACUNA_VECTOR_CLONES void shrinkThree(std::size_t n, const SlopeMove& m, double* const* s, const double* const* d,
                                      double* const* r) {
  shrink<3>(n, m, s, d, r);
}

LACUNA_VECTOR_CLONES void addScaled(std::size_t n, double c, const double* from, double* to) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) to[i] += c * from[i];
}
/// c (next - here).
LACUNA_VECTOR_CLONES void differences(std::size_t n, double c, const double* next, const double* here, double* d) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) d[i] = c * (next[i] - here[i]);
}

/// The divergence of an image's slopes: c (before - r) across rows, r being those of this row and `before` those of the
/// row before, and k (p of the pixel before - p) along the row, around its ends.
LACUNA_VECTOR_CLONES void divergence(std::size_t n, double c, const double* before, const double* r, double k,
                                     const double* p, double* sum) {
  sum[0] = c * (before[0] - r[0]) + k * (p[n - 1] - p[0]);
#pragma GCC ivdep
  for (std::size_t i = 1; i < n; ++i) sum[i] = c * (before[i] - r[i]) + k * (p[i - 1] - p[i]);
}

}  // namespace

SlopeSplit::SlopeSplit(const Cube& grid, const WindowRows& rows, const Cube& image, double strength,
                       const std::array<double, 3>& spacing, double relaxation)
    : space_(grid.space()),
      comm_(grid.grid().space()),
      rows_(rows),
      strength_(strength),
      relaxation_(relaxation),
      line_(static_cast<std::size_t>(rows.lineLength())),
      row_(static_cast<std::size_t>(rows.rowLength())),
      plane_(row_ * static_cast<std::size_t>(rows.rows())) {
  const Shape &g = grid.shape(), &f = image.shape();
  const bool volume = g.nz > 1;
  const std::size_t frames = static_cast<std::size_t>(grid.box().count[0]);
  firstRow_ = grid.box().start[grid.slabAxis()];
  imageRows_ = volume ? f.nz : f.ny;
  if (imageRows_ > 1) axes_.push_back({Along::Rows, 1 / spacing[volume ? 0 : 1]});
  if (volume && f.ny > 1) axes_.push_back({Along::Lines, 1 / spacing[1]});
  if (f.nx > 1) axes_.push_back({Along::Pixels, 1 / spacing[2]});
  for (Axis& a : axes_) {
    a.s.resize(frames * plane_);
    a.d.resize(line_);
    a.r.resize(row_);
    a.before.resize(row_);
  }
  sum_.resize(frames * plane_);
  x_.resize(plane_ + row_);
  ghost_.resize(row_);
  const PetscInt allRows = volume ? g.nz : g.ny;
  const PetscInt block = blockOf(allRows, grid.grid().spaceSize(), 0).count;
  const int active = static_cast<int>((allRows + block - 1) / block), me = grid.grid().spaceRank();
  if (me < active) {
    before_ = (me + active - 1) % active;
    after_ = (me + 1) % active;
  }
}

void SlopeSplit::add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  const double* sum =
      sum_.data() + static_cast<std::size_t>(frame) * plane_ + static_cast<std::size_t>(firstRow) * row_;
  addScaled(static_cast<std::size_t>(count) * row_, 1, sum, rows);
}

void SlopeSplit::take(PetscInt firstRow, PetscInt count, const double* x) {
  std::copy_n(x, static_cast<std::size_t>(count) * row_, x_.data() + static_cast<std::size_t>(firstRow) * row_);
}

void SlopeSplit::step(PetscInt frame) { pass(frame, {strength_ / rho_, strength_ / rho_, 1, relaxation_}); }

void SlopeSplit::setPenalty(double rho) {
  const double before = std::exchange(rho_, rho);
  for (std::size_t t = 0; plane_ > 0 && t < sum_.size() / plane_; ++t)
    pass(static_cast<PetscInt>(t), {strength_ / before, strength_ / rho, before / rho, 0});
}

void SlopeSplit::keepIn(State& state, ArrayViews& views) {
  for (std::size_t a = 0; a < axes_.size(); ++a)
    state.field("slope_point_" + std::to_string(a), space_, views.of(space_, axes_[a].s));
  state.field("slope_sum", space_, views.of(space_, sum_)).value("slope_rho", rho_);
}

void SlopeSplit::exchange(const double* mine, int to, double* theirs, int from) const {
  if (before_ == MPI_PROC_NULL) return;
  checkMpi(MPI_Sendrecv(mine, static_cast<int>(row_), MPI_DOUBLE, to, 0, theirs, static_cast<int>(row_), MPI_DOUBLE,
                        from, 0, comm_, MPI_STATUS_IGNORE));
}

void SlopeSplit::pass(PetscInt frame, const SlopeMove& move) {
  exchange(x_.data(), before_, x_.data() + plane_, after_);
  double* sum = sum_.data() + static_cast<std::size_t>(frame) * plane_;
  if (image())
    std::fill_n(axes_[0].before.data(), line_, 0.0);
  else
    std::fill_n(sum, plane_, 0.0);
  const PetscInt rows = rows_.rows();
  for (PetscInt i = 0; i < rows; ++i)
    for (PetscInt y = 0; y < rows_.lines(); ++y) passLine(frame, i, y, move, sum);
  // The differences across my last row point into the first row of the next rank.
  if (axes_.empty() || axes_[0].along != Along::Rows) return;
  exchange((image() ? axes_[0].before : axes_[0].r).data(), after_, ghost_.data(), before_);
  if (rows > 0) addScaled(row_, rho_ * axes_[0].scale, ghost_.data(), sum);
}

void SlopeSplit::passLine(PetscInt frame, PetscInt row, PetscInt y, const SlopeMove& move, double* sum) {
  const std::size_t at = static_cast<std::size_t>(row) * row_ + static_cast<std::size_t>(y) * line_;
  const std::size_t nextLine = y + 1 < rows_.lines() ? at + line_ : at + line_ - row_;
  const double* x = x_.data() + at;
  const bool here = rows_.row(row).place != WindowRows::Place::Outside && rows_.lineOf(y) >= 0;
  const std::size_t n = here ? static_cast<std::size_t>(rows_.pixels()) : 0;
  double *s[3], *r[3];
  const double* d[3];
  int across = 0;  // axes whose differences stay inside the image, but for the last pixel of the axis along x
  bool pixels = false;
  for (Axis& a : axes_) {
    double* sa = a.s.data() + static_cast<std::size_t>(frame) * plane_ + at;
    double* ra = a.r.data() + static_cast<std::size_t>(y) * line_;
    const double c = a.scale;
    const double* other = a.along == Along::Rows ? x + row_ : x_.data() + nextLine;
    if (a.along == Along::Pixels) {
      differences(line_ - 1, c, x + 1, x, a.d.data());
      a.d[line_ - 1] = c * (x[0] - x[line_ - 1]);
    } else {
      differences(line_, c, other, x, a.d.data());
    }
    const bool stays = here && (a.along == Along::Rows    ? firstRow_ + row + 1 < imageRows_
                                : a.along == Along::Lines ? rows_.lineOf(y + 1) >= 0
                                                          : true);
    std::size_t kept = stays ? (a.along == Along::Pixels ? n - 1 : n) : 0;
    for (std::size_t i = kept; i < line_; ++i) {  // free
      sa[i] += move.relaxation * (a.d[i] - sa[i]);
      ra[i] = sa[i];
    }
    if (!stays) continue;
    s[across] = sa, r[across] = ra, d[across] = a.d.data();
    ++across;
    pixels = a.along == Along::Pixels;
  }
  const auto joint = [&](int m, std::size_t from, std::size_t count) {
    double *sm[3], *rm[3];
    const double* dm[3];
    for (int k = 0; k < m; ++k) sm[k] = s[k] + from, rm[k] = r[k] + from, dm[k] = d[k] + from;
    if (m == 1) shrinkOne(count, move, sm, dm, rm);
    if (m == 2) shrinkTwo(count, move, sm, dm, rm);
    if (m == 3) shrinkThree(count, move, sm, dm, rm);
  };
  if (across > 0) {
    joint(across, 0, pixels ? n - 1 : n);
    if (pixels && across > 1) joint(across - 1, n - 1, 1);  // the axis along x comes last
  }
  if (image()) {
    divergence(line_, rho_ * axes_[0].scale, axes_[0].before.data(), axes_[0].r.data(), rho_ * axes_[1].scale,
               axes_[1].r.data(), sum + at);
    axes_[0].before.swap(axes_[0].r);
    return;
  }
  for (const Axis& a : axes_) {
    const double c = rho_ * a.scale;
    const double* ra = a.r.data() + static_cast<std::size_t>(y) * line_;
    double* here_ = sum + at;
    addScaled(line_, -c, ra, here_);
    if (a.along == Along::Pixels) {
      addScaled(line_ - 1, c, ra, here_ + 1);
      here_[0] += c * ra[line_ - 1];
    } else if (a.along == Along::Lines) {
      addScaled(line_, c, ra, sum + nextLine);
    } else if (row + 1 < rows_.rows()) {
      addScaled(line_, c, ra, here_ + row_);
    }
  }
}

}  // namespace lacuna
