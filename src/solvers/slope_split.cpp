#include "solvers/slope_split.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/vector_clones.hpp"

namespace lacuna {

namespace {

/// What shrink() works on: of each axis the points s, their reflections r, and the pixels `next` whose differences from
/// those of x are D x.
struct Slopes {
  const double* x;
  std::array<double*, 3> s, r;
  std::array<const double*, 3> next;
  std::array<double, 3> scale;
  int axes = 0;

  void add(double* points, double* reflections, const double* nextPixels, double inverseSpacing) {
    const auto k = static_cast<std::size_t>(axes++);
    s[k] = points, r[k] = reflections, next[k] = nextPixels, scale[k] = inverseSpacing;
  }
};

/// Joint shrinkage over A axes, of n pixels from `from`: vectors shorter than the threshold vanish, others lose that
/// much.
template <int A>
inline void shrink(std::size_t from, std::size_t n, const SlopeMove& m, const Slopes& v) {
  constexpr std::size_t B = A > 1 ? 1 : 0, C = A > 2 ? 2 : 0;
  double *s0 = v.s[0] + from, *s1 = v.s[B] + from, *s2 = v.s[C] + from;
  double *r0 = v.r[0] + from, *r1 = v.r[B] + from, *r2 = v.r[C] + from;
  const double *next0 = v.next[0] + from, *next1 = v.next[B] + from, *next2 = v.next[C] + from, *x = v.x + from;
  const double before = m.before, after = m.after, keep = m.keep, relaxation = m.relaxation;
  const double scale0 = relaxation * v.scale[0], scale1 = relaxation * v.scale[B], scale2 = relaxation * v.scale[C];
  constexpr double tiny = 1e-300;
#pragma GCC ivdep  // no two of them overlap
  for (std::size_t i = 0; i < n; ++i) {
    double a = s0[i], b = A > 1 ? s1[i] : 0, c = A > 2 ? s2[i] : 0;
    const double left = 1 - before / (std::sqrt(a * a + b * b + c * c) + tiny), f = left > 0 ? left : 0;
    const double stay = f + keep * (1 - f) - relaxation * f, here = x[i];
    a = stay * a + scale0 * (next0[i] - here);
    if (A > 1) b = stay * b + scale1 * (next1[i] - here);
    if (A > 2) c = stay * c + scale2 * (next2[i] - here);
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
LACUNA_VECTOR_CLONES void shrinkOne(std::size_t from, std::size_t n, const SlopeMove& m, const Slopes& v) {
  shrink<1>(from, n, m, v);
}
LACUNA_VECTOR_CLONES void shrinkTwo(std::size_t from, std::size_t n, const SlopeMove& m, const Slopes& v) {
  shrink<2>(from, n, m, v);
}
LACUNA_VECTOR_CLONES void shrinkThree(std::size_t from, std::size_t n, const SlopeMove& m, const Slopes& v) {
  shrink<3>(from, n, m, v);
}
void shrink(int axes, std::size_t from, std::size_t n, const SlopeMove& m, const Slopes& v) {
  if (axes == 1) shrinkOne(from, n, m, v);
  if (axes == 2) shrinkTwo(from, n, m, v);
  if (axes == 3) shrinkThree(from, n, m, v);
}

LACUNA_VECTOR_CLONES void addScaled(std::size_t n, double c, const double* from, double* to) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) to[i] += c * from[i];
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
      image_(image.space()),
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
    a.r.resize(row_);
    a.before.resize(row_);
  }
  sum_.resize(frames * plane_);
  for (auto* row : {&first_, &latest_, &ghost_}) row->resize(row_);
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

void SlopeSplit::take(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) {
  if (firstRow == 0) {
    begin(frame);
    std::copy_n(x, row_, first_.data());
  }
  for (PetscInt i = 0; i < count; ++i, x += row_)
    if (firstRow + i > 0) moveRow(frame, firstRow + i - 1, step(), i > 0 ? x - row_ : latest_.data(), x);
  std::copy_n(x - row_, row_, latest_.data());
}

void SlopeSplit::finish(PetscInt frame) {
  exchange(first_.data(), before_, ghost_.data(), after_);
  if (rows_.rows() > 0) moveRow(frame, rows_.rows() - 1, step(), latest_.data(), ghost_.data());
  end(frame);
}

void SlopeSplit::setPenalty(double rho) {
  const double before = std::exchange(rho_, rho);
  moveAll({strength_ / before, strength_ / rho, before / rho, 0});
}

SplitSize SlopeSplit::size() const {
  const double threshold = strength_ / rho_;
  SplitSize size;
  const auto n = static_cast<std::size_t>(rows_.pixels());
  for (std::size_t t = 0; plane_ > 0 && t < sum_.size() / plane_; ++t)
    for (PetscInt row = 0; row < rows_.rows(); ++row)
      for (PetscInt y = 0; y < rows_.lines(); ++y) {
        const std::size_t at = t * plane_ + static_cast<std::size_t>(row) * row_ + static_cast<std::size_t>(y) * line_;
        const bool here = inside(row, y);
        for (std::size_t i = 0; i < line_; ++i) {
          double bound = 0, free = 0;
          for (const Axis& a : axes_) {
            const bool in = here && i + (a.along == Along::Pixels ? 1 : 0) < n && stays(a, row, y);
            (in ? bound : free) += a.s[at + i] * a.s[at + i];
          }
          const double s = std::sqrt(bound), p = rho_ * std::min(s, threshold), w = std::max(s - threshold, 0.0);
          size.multipliers += p * p;
          size.features += w * w + free;
        }
      }
  return size;
}

bool SlopeSplit::inside(PetscInt row, PetscInt y) const {
  return rows_.row(row).place != WindowRows::Place::Outside && rows_.lineOf(y) >= 0;
}

bool SlopeSplit::stays(const Axis& axis, PetscInt row, PetscInt y) const {
  if (axis.along == Along::Rows) return firstRow_ + row + 1 < imageRows_;
  return axis.along == Along::Pixels || rows_.lineOf(y + 1) >= 0;
}

void SlopeSplit::addMultipliers(Vec v) {
  const double threshold = strength_ / rho_;
  const ScratchVec part = image_.scratch();
  const auto add = [&](double c) {
    {
      const WriteLocal out(part);
      rows_.toField(sum_.data(), out.data());
    }
    check(VecAXPY(v, c, part));
  };
  // Without a threshold 2 w - s is s: half the difference to what there is now is s - w.
  add(-0.5);
  moveAll({threshold, 0, 1, 0});
  add(0.5);
  moveAll({0, threshold, 1, 0});
}

void SlopeSplit::moveAll(const SlopeMove& move) {
  const std::vector<double> none(row_, 0.0);
  for (std::size_t t = 0; plane_ > 0 && t < sum_.size() / plane_; ++t) {
    const auto frame = static_cast<PetscInt>(t);
    begin(frame);
    for (PetscInt i = 0; i < rows_.rows(); ++i) moveRow(frame, i, move, none.data(), none.data());
    end(frame);
  }
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

void SlopeSplit::begin(PetscInt frame) {
  if (flat())
    std::fill_n(axes_[0].before.data(), line_, 0.0);
  else
    std::fill_n(sumOf(frame), plane_, 0.0);
}

void SlopeSplit::end(PetscInt frame) {
  // The differences across my last row point into the first row of the next rank.
  if (axes_.empty() || axes_[0].along != Along::Rows) return;
  exchange((flat() ? axes_[0].before : axes_[0].r).data(), after_, ghost_.data(), before_);
  if (rows_.rows() > 0) addScaled(row_, rho_ * axes_[0].scale, ghost_.data(), sumOf(frame));
}

void SlopeSplit::moveRow(PetscInt frame, PetscInt row, const SlopeMove& move, const double* x, const double* next) {
  for (PetscInt y = 0; y < rows_.lines(); ++y) moveLine(frame, row, y, move, x, next);
}

void SlopeSplit::moveLine(PetscInt frame, PetscInt row, PetscInt y, const SlopeMove& move, const double* rowOfX,
                          const double* nextRow) {
  const std::size_t in = static_cast<std::size_t>(y) * line_, at = static_cast<std::size_t>(row) * row_ + in;
  const std::size_t nextLine = y + 1 < rows_.lines() ? in + line_ : 0;
  const double* x = rowOfX + in;
  double* sum = sumOf(frame);
  const bool here = inside(row, y);
  const std::size_t n = here ? static_cast<std::size_t>(rows_.pixels()) : 0;
  Slopes inner;  // axes whose differences stay inside the image, but for the last pixel of the axis along x
  inner.x = x;
  bool pixels = false;
  for (Axis& a : axes_) {
    double* sa = a.s.data() + static_cast<std::size_t>(frame) * plane_ + at;
    double* ra = a.r.data() + static_cast<std::size_t>(y) * line_;
    const bool along = a.along == Along::Pixels;
    const double* next = along ? x + 1 : a.along == Along::Rows ? nextRow + in : rowOfX + nextLine;
    const bool some = here && stays(a, row, y);
    const std::size_t kept = some ? (along ? n - 1 : n) : 0;
    for (std::size_t i = kept; i < line_; ++i) {  // free
      const double other = along && i + 1 == line_ ? x[0] : next[i];
      sa[i] += move.relaxation * (a.scale * (other - x[i]) - sa[i]);
      ra[i] = sa[i];
    }
    if (!some) continue;
    inner.add(sa, ra, next, a.scale);
    pixels = along;
  }
  if (inner.axes > 0) {
    shrink(inner.axes, 0, pixels ? n - 1 : n, move, inner);
    if (pixels) shrink(inner.axes - 1, n - 1, 1, move, inner);  // the axis along x comes last
  }
  if (flat()) {
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
      addScaled(line_, c, ra, here_ - in + nextLine);
    } else if (row + 1 < rows_.rows()) {
      addScaled(line_, c, ra, here_ + row_);
    }
  }
}

}  // namespace lacuna
