#include "solvers/starlet_split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

/// A row of a scale.
const double* of(const std::vector<std::vector<double>>& scales, const StarletRow& row) {
  return scales[static_cast<std::size_t>(row.scale)].data() + row.from;
}
double* of(std::vector<std::vector<double>>& scales, const StarletRow& row) {
  return scales[static_cast<std::size_t>(row.scale)].data() + row.from;
}

/// A row, with t = threshold * inverse: s <- s + c (W x - w), and right <- 2 w - s - W a. W x follows from `now`, which
/// is W a + c (W x - W a).
LACUNA_VECTOR_CLONES void moveRow(std::size_t n, double threshold, double c, const double* __restrict inverse,
                                  const double* __restrict now, double* __restrict s, double* __restrict right) {
  for (std::size_t i = 0; i < n; ++i) {
    const double t = threshold * inverse[i], p = std::clamp(s[i], -t, t);
    const double Wa = s[i] - 2 * p - right[i];
    const double next = (1 - c) * (s[i] - Wa) + c * p + now[i];
    s[i] = next;
    right[i] = next - 2 * std::clamp(next, -t, t) - now[i];
  }
}

}  // namespace

StarletSplit::StarletSplit(const Cube& grid, const WindowRows& rows, const Cube& image, int scales,
                           const Spacing& spacing, double strength, double relaxation)
    : space_(grid.space()),
      image_(image),
      rows_(rows),
      transform_(image, scales, spacing),
      strength_(strength),
      relaxation_(relaxation),
      row_(static_cast<std::size_t>(rows.rowLength())),
      s_(static_cast<std::size_t>(scales), std::vector<double>(static_cast<std::size_t>(image.space().local()))),
      right_(s_),
      average_(static_cast<std::size_t>(space_.local())),
      sum_(average_.size()) {}

std::int64_t StarletSplit::bytes(const Cube& grid, const Cube& image, int scales, const Spacing& spacing) {
  // s_, right_; an image; a, the sum; the transform here, and that of the energy
  return 8 * ((2 * scales + 1) * image.box().size() + 2 * grid.box().size()) +
         2 * Starlet::bytes(image, scales, spacing);
}

void StarletSplit::start(Vec x) {
  {
    const ReadLocal in(x);
    rows_.toGrid(in.data(), average_.data());
  }
  analyseAverage([&](const StarletRow& row, const double* w) { std::copy_n(w, row.size, of(s_, row)); });
  resumed();
  gather();
}

void StarletSplit::resumed() {
  analyseAverage([&](const StarletRow& row, const double* Wa) {
    const double* s = of(s_, row);
    double* right = of(right_, row);
    for (std::size_t i = 0; i < row.size; ++i) right[i] = s[i] - 2 * shrunk(row, i, s[i]).p - Wa[i];
  });
}

void StarletSplit::add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  const std::size_t at = (static_cast<std::size_t>(frame) * rows_.rows() + static_cast<std::size_t>(firstRow)) * row_;
  const std::size_t n = static_cast<std::size_t>(count) * row_;
  for (std::size_t i = 0; i < n; ++i) rows[i] += rho_ * (sum_[at + i] + average_[at + i]);
}

void StarletSplit::take(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) {
  const std::size_t at = (static_cast<std::size_t>(frame) * rows_.rows() + static_cast<std::size_t>(firstRow)) * row_;
  const std::size_t n = static_cast<std::size_t>(count) * row_;
  for (std::size_t i = 0; i < n; ++i) average_[at + i] += relaxation_ * (x[i] - average_[at + i]);
}

void StarletSplit::step() {
  analyseAverage([&](const StarletRow& row, const double* now) {
    moveRow(row.size, threshold(row), relaxation_, transform_.inverseWeights().data(), now, of(s_, row),
            of(right_, row));
  });
  gather();
}

void StarletSplit::setPenalty(double rho) {
  const double ratio = rho_ / rho;
  eachRow([&](const StarletRow& row) {
    double *s = of(s_, row), *right = of(right_, row);
    for (std::size_t i = 0; i < row.size; ++i) {
      const auto now = shrunk(row, i, s[i]);
      s[i] = now.w + ratio * now.p;
      right[i] += (1 - ratio) * now.p;  // w and W a stay
    }
  });
  rho_ = rho;
  gather();
}

SplitSize StarletSplit::size() const {
  SplitSize size;
  for (const double a : average_) size.features += a * a;
  eachRow([&](const StarletRow& row) {
    const double *s = of(s_, row), *right = of(right_, row);
    for (std::size_t i = 0; i < row.size; ++i) {
      const auto now = shrunk(row, i, s[i]);
      const double m = 1 / (transform_.inverseWeight(row.row) * transform_.inverseWeights()[i]),
                   Wa = s[i] - 2 * now.p - right[i];
      size.multipliers += m * rho_ * now.p * rho_ * now.p;
      size.features += m * (now.w * now.w - Wa * Wa);  // |V a|^2 = |a|^2 - |W a|_M^2
    }
  });
  return size;
}

void StarletSplit::addMultipliers(Vec v) const {
  const ScratchVec sum = image_.space().scratch();
  check(VecSet(sum, 0));
  std::vector<double> p(transform_.inverseWeights().size());
  transform_.mirroredAdjoint(sum, [&](const StarletRow& row) {
    const double* s = of(s_, row);
    for (std::size_t i = 0; i < row.size; ++i) p[i] = shrunk(row, i, s[i]).p;
    return p.data();
  });
  transform_.weigh(sum);
  check(VecAXPY(v, rho_, sum));
}

void StarletSplit::keepIn(State& state, ArrayViews& views) {
  for (std::size_t scale = 0; scale < s_.size(); ++scale)
    state.field(fmt::format("starlet_point_{}", scale + 1), image_.space(), views.of(image_.space(), s_[scale]));
  state.field("starlet_average", space_, views.of(space_, average_))
      .field("starlet_sum", space_, views.of(space_, sum_))
      .value("starlet_rho", rho_);
}

double StarletSplit::threshold(const StarletRow& row) const {
  return strength_ / rho_ * transform_.inverseWeight(row.row);
}

StarletSplit::Shrunk StarletSplit::shrunk(const StarletRow& row, std::size_t i, double s) const {
  const double t = threshold(row) * transform_.inverseWeights()[i], p = std::clamp(s, -t, t);
  return {p, s - p};
}

template <class F>
void StarletSplit::eachRow(F&& f) const {
  transform_.eachRow([&](StarletRow row) {
    for (row.scale = 0; row.scale < transform_.scales(); ++row.scale) f(row);
  });
}

void StarletSplit::analyseAverage(const Starlet::TakeRow& take) const {
  const ScratchVec a = image_.space().scratch();
  {
    const WriteLocal out(a);
    rows_.toField(average_.data(), out.data());
  }
  transform_.analyse(a, take);
}

void StarletSplit::gather() {
  const ScratchVec image = image_.space().scratch();
  check(VecSet(image, 0));
  transform_.mirroredAdjoint(image, [&](const StarletRow& row) { return of(right_, row); });
  transform_.weigh(image);
  const ReadLocal in(image);
  rows_.toGrid(in.data(), sum_.data());
}

}  // namespace lacuna
