#include "solvers/starlet_split.hpp"

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

/// 1/2 for every axis along which a pixel is first or last.
std::vector<double> mirrorWeights(const Cube& image) {
  const Box& box = image.box();
  const auto extents = image.shape().extents();
  std::vector<double> weights;
  const auto along = [&](std::size_t axis, PetscInt local) {
    const PetscInt i = box.start[axis] + local, n = extents[axis];
    return n > 1 && (i == 0 || i == n - 1) ? 0.5 : 1.0;
  };
  for (PetscInt z = 0; z < box.count[2]; ++z)
    for (PetscInt y = 0; y < box.count[3]; ++y)
      for (PetscInt x = 0; x < box.count[4]; ++x) weights.push_back(along(2, z) * along(3, y) * along(4, x));
  return weights;
}

/// One scale of a frame: s <- w + keep (s - w) + relaxation (W x - w) with w = s beyond the threshold before / m, and
/// Wa <- m (2 w - s - W a) of the new s. W x follows from W a, a' = a + c (x - a).
struct Move {
  double before, after, keep, relaxation, c;
};
LACUNA_VECTOR_CLONES void moveScale(std::size_t n, const Move& m, const double* weight, const double* old, double* s,
                                    const double* Wa, double* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const double Wx = (Wa[i] - (1 - m.c) * old[i]) / m.c, t = m.before / weight[i], u = m.after / weight[i];
    const double w = s[i] - std::clamp(s[i], -t, t);
    const double next = w + m.keep * (s[i] - w) + m.relaxation * (Wx - w);
    s[i] = next;
    out[i] = weight[i] * (next - 2 * std::clamp(next, -u, u) - Wa[i]);
  }
}

/// out <- p / rho = m (s - w)
void multipliers(std::size_t n, double threshold, const double* weight, const double* s, double* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = std::clamp(weight[i] * s[i], -threshold, threshold);
}

}  // namespace

StarletSplit::StarletSplit(const Cube& grid, const WindowRows& rows, const Cube& image, int scales, double strength,
                           double relaxation)
    : space_(grid.space()),
      image_(image),
      rows_(rows),
      transform_(image, scales),
      strength_(strength),
      relaxation_(relaxation),
      row_(static_cast<std::size_t>(rows.rowLength())),
      weight_(mirrorWeights(image)),
      s_(transform_.range().vec()),
      Wa_(like(s_)),
      old_(like(s_)),
      average_(static_cast<std::size_t>(space_.local())),
      sum_(average_.size()) {}

std::int64_t StarletSplit::bytes(const Cube& grid, const Cube& image, int scales) {
  // s, W a twice, and what is between W^T and it; a, the sum; three images inside the transform
  return 8 * ((4 * (scales + 1) + 3) * image.box().size() + 2 * grid.box().size());
}

void StarletSplit::start(Vec x) {
  {
    const ReadLocal in(x);
    rows_.toGrid(in.data(), average_.data());
  }
  transformAverage();
  check(VecCopy(Wa_, s_));
  check(VecCopy(Wa_, old_));
  pass(strength_ / rho_, strength_ / rho_, 1, 0);
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
  std::swap(Wa_, old_);
  transformAverage();
  pass(strength_ / rho_, strength_ / rho_, 1, relaxation_);
}

void StarletSplit::setPenalty(double rho) {
  const double before = std::exchange(rho_, rho);
  pass(strength_ / before, strength_ / rho, before / rho, 0);
}

void StarletSplit::addMultipliers(Vec v) const {
  const ScratchVec p = transform_.range().scratch(), image = image_.space().scratch();
  {
    const std::size_t plane = weight_.size();
    const auto scales = static_cast<std::size_t>(transform_.scales());
    const ReadLocal s(s_);
    const WriteLocal out(p);
    for (std::size_t t = 0, at = 0; t < static_cast<std::size_t>(image_.box().count[0]); ++t) {
      for (std::size_t j = 0; j < scales; ++j, at += plane)
        multipliers(plane, strength_ / rho_, weight_.data(), s.data() + at, out.data() + at);
      std::fill_n(out.data() + at, plane, 0.0);  // the coarse image
      at += plane;
    }
  }
  transform_.applyAdjoint(p, image);
  check(VecAXPY(v, rho_, image));
}

void StarletSplit::keepIn(State& state, ArrayViews& views) {
  state.field("starlet_point", transform_.range(), s_)
      .field("starlet_average", space_, views.of(space_, average_))
      .field("starlet_sum", space_, views.of(space_, sum_))
      .value("starlet_rho", rho_);
}

void StarletSplit::resumed() { transformAverage(); }

/// Wa <- W a
void StarletSplit::transformAverage() {
  const ScratchVec a = image_.space().scratch();
  {
    const WriteLocal out(a);
    rows_.toField(average_.data(), out.data());
  }
  transform_.apply(a, Wa_);
}

void StarletSplit::pass(double before, double after, double keep, double relaxation) {
  const ScratchVec v = transform_.range().scratch(), image = image_.space().scratch();
  {
    const std::size_t plane = weight_.size();
    const auto scales = static_cast<std::size_t>(transform_.scales());
    const WriteLocal s(s_), out(v);
    const ReadLocal now(Wa_), old(old_);
    const Move move{before, after, keep, relaxation, relaxation_};
    for (std::size_t t = 0, at = 0; t < static_cast<std::size_t>(image_.box().count[0]); ++t) {
      for (std::size_t j = 0; j < scales; ++j, at += plane)
        moveScale(plane, move, weight_.data(), old.data() + at, s.data() + at, now.data() + at, out.data() + at);
      std::fill_n(out.data() + at, plane, 0.0);  // the coarse image costs nothing and has no split
      at += plane;
    }
  }
  transform_.applyAdjoint(v, image);
  const ReadLocal in(image);
  rows_.toGrid(in.data(), sum_.data());
}

}  // namespace lacuna
