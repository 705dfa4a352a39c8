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

/// A scale of a frame; Wa becomes `now`.
LACUNA_VECTOR_CLONES void moveScale(std::size_t n, const StarletMove& m, const double* weight, const double* now,
                                    double* s, double* Wa, double* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const double Wx = (now[i] - (1 - m.c) * Wa[i]) / m.c, t = m.before / weight[i], u = m.after / weight[i];
    const double w = s[i] - std::clamp(s[i], -t, t);
    const double next = w + m.keep * (s[i] - w) + m.relaxation * (Wx - w);
    s[i] = next;
    Wa[i] = now[i];
    out[i] = weight[i] * (next - 2 * std::clamp(next, -u, u) - now[i]);
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
      coefficients_(image.withChannels(scales)),
      s_(coefficients_.space().vec()),
      Wa_(like(s_)),
      average_(static_cast<std::size_t>(space_.local())),
      sum_(average_.size()) {}

std::int64_t StarletSplit::bytes(const Cube& grid, const Cube& image, int scales) {
  // s, W a, and what W^T is applied to; a, the sum; weights; two images inside the transform, and that of the energy
  return 8 * ((3 * scales + 1 + 5) * image.box().size() + 2 * grid.box().size());
}

void StarletSplit::start(Vec x) {
  {
    const ReadLocal in(x);
    rows_.toGrid(in.data(), average_.data());
  }
  resumed();
  check(VecCopy(Wa_, s_));
  setPenalty(rho_);
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
  const ScratchVec change = transform_.range().scratch();
  const double threshold = strength_ / rho_;
  transformAverage([&](PetscInt scale, Vec w) {
    const ReadLocal now(w);
    move({threshold, threshold, 1, relaxation_, relaxation_}, scale, now.data(), change);
  });
  gather(change);
}

void StarletSplit::setPenalty(double rho) {
  const double before = std::exchange(rho_, rho);
  const ScratchVec change = transform_.range().scratch();
  for (PetscInt scale = 0; scale < transform_.scales(); ++scale)
    move({strength_ / before, strength_ / rho, before / rho, 0, relaxation_}, scale, nullptr, change);
  gather(change);
}

SplitSize StarletSplit::size() const {
  SplitSize size;
  for (const double a : average_) size.features += a * a;
  const ReadLocal points(s_), Wa(Wa_);
  for (PetscInt scale = 0; scale < transform_.scales(); ++scale)
    eachPlane(scale, [&](std::size_t from, std::size_t, std::size_t, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        const auto at = static_cast<PetscInt>(from + i);
        const double m = weight_[i], s = std::abs(points[at]), threshold = strength_ / (rho_ * m);
        const double p = rho_ * std::min(s, threshold), w = std::max(s - threshold, 0.0);
        size.multipliers += m * p * p;
        size.features += m * (w * w - Wa[at] * Wa[at]);  // |V a|^2 = |a|^2 - |W a|_M^2
      }
    });
  return size;
}

void StarletSplit::addMultipliers(Vec v) const {
  const ScratchVec p = transform_.range().scratch(), image = image_.space().scratch();
  check(VecSet(p, 0));
  for (PetscInt scale = 0; scale < transform_.scales(); ++scale) {
    const ReadLocal s(s_);
    const WriteLocal out(p);
    eachPlane(scale, [&](std::size_t from, std::size_t to, std::size_t, std::size_t n) {
      multipliers(n, strength_ / rho_, weight_.data(), s.data() + from, out.data() + to);
    });
  }
  transform_.applyAdjoint(p, image);
  check(VecAXPY(v, rho_, image));
}

void StarletSplit::keepIn(State& state, ArrayViews& views) {
  state.field("starlet_point", coefficients_.space(), s_)
      .field("starlet_average", space_, views.of(space_, average_))
      .field("starlet_sum", space_, views.of(space_, sum_))
      .value("starlet_rho", rho_);
}

void StarletSplit::resumed() {
  transformAverage([&](PetscInt scale, Vec w) {
    const ReadLocal in(w);
    const WriteLocal out(Wa_);
    eachPlane(scale, [&](std::size_t at, std::size_t, std::size_t pixel, std::size_t n) {
      std::copy_n(in.data() + pixel, n, out.data() + at);
    });
  });
}

template <class F>
void StarletSplit::eachPlane(PetscInt scale, F&& f) const {
  const std::size_t plane = weight_.size(), scales = static_cast<std::size_t>(transform_.scales());
  for (std::size_t t = 0; t < static_cast<std::size_t>(image_.box().count[0]); ++t) {
    const std::size_t at = t * scales + static_cast<std::size_t>(scale);
    f(at * plane, (at + t) * plane, t * plane, plane);
  }
}

void StarletSplit::transformAverage(const std::function<void(PetscInt scale, Vec w)>& f) {
  const ScratchVec a = image_.space().scratch();
  {
    const WriteLocal out(a);
    rows_.toField(average_.data(), out.data());
  }
  transform_.eachScale(a, f);
}

void StarletSplit::move(const StarletMove& move, PetscInt scale, const double* now, Vec change) {
  const WriteLocal s(s_), Wa(Wa_), out(change);
  eachPlane(scale, [&](std::size_t at, std::size_t to, std::size_t pixel, std::size_t n) {
    moveScale(n, move, weight_.data(), now ? now + pixel : Wa.data() + at, s.data() + at, Wa.data() + at,
              out.data() + to);
  });
}

void StarletSplit::gather(Vec change) {
  {
    const WriteLocal out(change);
    const std::size_t plane = weight_.size(), channels = static_cast<std::size_t>(transform_.scales()) + 1;
    for (std::size_t t = 1; t <= static_cast<std::size_t>(image_.box().count[0]); ++t)
      std::fill_n(out.data() + (t * channels - 1) * plane, plane, 0.0);  // the coarse image
  }
  const ScratchVec image = image_.space().scratch();
  transform_.applyAdjoint(change, image);
  const ReadLocal in(image);
  rows_.toGrid(in.data(), sum_.data());
}

}  // namespace lacuna
