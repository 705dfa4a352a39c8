#include "operators/starlet.hpp"

#include <algorithm>
#include <string>

namespace lacuna {
namespace {

constexpr std::array<double, 5> spline{1.0 / 16, 4.0 / 16, 6.0 / 16, 4.0 / 16, 1.0 / 16};

PetscInt mirrored(std::int64_t i, PetscInt n) {
  const std::int64_t period = 2 * (std::int64_t{n} - 1), k = (i % period + period) % period;
  return static_cast<PetscInt>(k < n ? k : period - k);
}
std::array<std::vector<PetscInt>, 5> mirroredTaps(PetscInt n, PetscInt distance) {
  std::array<std::vector<PetscInt>, 5> taps;
  for (PetscInt k = 0; k < 5 && n > 1; ++k)
    for (PetscInt i = 0; i < n; ++i)
      taps[static_cast<std::size_t>(k)].push_back(mirrored(std::int64_t{i} + (std::int64_t{k} - 2) * distance, n));
  return taps;
}

/// A smoothing along the middle axis of [outer][n][inner]. Forward: out_i = sum_k h_k in_(tap k of i); adjoint: in of
/// tap k of i += h_k out_i.
struct AxisPass {
  const std::array<std::vector<PetscInt>, 5>& taps;
  std::size_t outer, from, to, inner;  ///< from, to: extents of the axis read and written by the forward pass

  void forward(const double* in, double* out) const {
    for (std::size_t o = 0; o < outer; ++o)
      for (std::size_t i = 0; i < to; ++i) {
        const double* source[5];
        for (std::size_t k = 0; k < 5; ++k) source[k] = in + (o * from + static_cast<std::size_t>(taps[k][i])) * inner;
        double* target = out + (o * to + i) * inner;
        for (std::size_t j = 0; j < inner; ++j)
          target[j] = spline[0] * (source[0][j] + source[4][j]) + spline[1] * (source[1][j] + source[3][j]) +
                      spline[2] * source[2][j];
      }
  }
  void adjoint(const double* in, double* out) const {
    std::fill_n(out, outer * from * inner, 0.0);
    for (std::size_t o = 0; o < outer; ++o)
      for (std::size_t i = 0; i < to; ++i) {
        const double* source = in + (o * to + i) * inner;
        for (std::size_t k = 0; k < 5; ++k) {
          double* target = out + (o * from + static_cast<std::size_t>(taps[k][i])) * inner;
          for (std::size_t j = 0; j < inner; ++j) target[j] += spline[k] * source[j];
        }
      }
  }
};

/// The same along lines of n pixels. Taps are `distance` apart but for the first and last 2 distance pixels, which are
/// mirrored.
struct LinePass {
  const std::array<std::vector<PetscInt>, 5>& taps;
  std::size_t lines, n, distance;
  std::size_t edge() const { return std::min(2 * distance, n); }
  std::size_t end() const { return std::max(n - edge(), edge()); }

  void forward(const double* in, double* out) const {
    for (std::size_t line = 0; line < lines; ++line, in += n, out += n) {
      const auto mirrored = [&](std::size_t i) {
        out[i] = 0;
        for (std::size_t k = 0; k < 5; ++k) out[i] += spline[k] * in[taps[k][i]];
      };
      for (std::size_t i = 0; i < edge(); ++i) mirrored(i);
      for (std::size_t i = edge(); i < end(); ++i)
        out[i] = spline[0] * (in[i - 2 * distance] + in[i + 2 * distance]) +
                 spline[1] * (in[i - distance] + in[i + distance]) + spline[2] * in[i];
      for (std::size_t i = end(); i < n; ++i) mirrored(i);
    }
  }
  void adjoint(const double* in, double* out) const {
    std::fill_n(out, lines * n, 0.0);
    for (std::size_t line = 0; line < lines; ++line, in += n, out += n) {
      const auto mirrored = [&](std::size_t i) {
        for (std::size_t k = 0; k < 5; ++k) out[taps[k][i]] += spline[k] * in[i];
      };
      for (std::size_t i = 0; i < edge(); ++i) mirrored(i);
      for (std::size_t k = 0; k < 5; ++k)
        for (std::size_t i = edge(), j = edge() + k * distance - 2 * distance; i < end(); ++i, ++j)
          out[j] += spline[k] * in[i];
      for (std::size_t i = end(); i < n; ++i) mirrored(i);
    }
  }
};

}  // namespace

Starlet::Starlet(const Cube& cube, int scales) : Starlet(cube, scales, cube.withChannels(std::max(scales, 0) + 1)) {}

Starlet::Starlet(const Cube& cube, int scales, Cube range)
    : LinearOperator(cube.space(), range.space()), cube_(cube), rangeCube_(std::move(range)) {
  if (cube.shape().channels != 1) throw Error("Starlet: the cube must have one channel");
  if (scales < 1 || scales > 20)
    throw Error(ExitCode::BadConfig, "starlet: " + std::to_string(scales) + " scales; there can be 1 to 20");
  const Shape& s = cube.shape();
  const int axis = cube.slabAxis();
  const PetscInt slab = s.extents()[static_cast<std::size_t>(axis)];
  for (int j = 0; j < scales; ++j) {
    const PetscInt distance = PetscInt{1} << j;
    Step& step = steps_.emplace_back();
    step.distance = static_cast<std::size_t>(distance);
    step.x = mirroredTaps(s.nx, distance);
    if (axis == 2) step.y = mirroredTaps(s.ny, distance);
    if (slab == 1) continue;
    step.halo = std::make_unique<Halo>(cube, RowHalo{2 * distance, 2 * distance, RowBoundary::Reflect});
    const PaddedShape& p = step.halo->padded();
    for (PetscInt k = 0; k < 5; ++k)
      for (PetscInt i = 0; i < p.rows; ++i)
        step.slab[static_cast<std::size_t>(k)].push_back(p.below + i + (k - 2) * distance);
    padded_.resize(std::max(padded_.size(), p.size()));
  }
  work_.resize(static_cast<std::size_t>(cube.space().local()));
}

void Starlet::smooth(const Step& step, Vec from, Vec to) const {
  const Shape& s = cube_.shape();
  const auto nx = static_cast<std::size_t>(s.nx), ny = static_cast<std::size_t>(s.ny);
  const std::size_t n = work_.size();
  if (step.halo) {
    const PaddedShape& p = step.halo->padded();
    step.halo->fill(from, std::span(padded_).first(p.size()));
    AxisPass{step.slab, static_cast<std::size_t>(p.frames), static_cast<std::size_t>(p.paddedRows()),
             static_cast<std::size_t>(p.rows), static_cast<std::size_t>(p.rest)}
        .forward(padded_.data(), work_.data());
  } else {
    const ReadLocal in(from);
    std::copy_n(in.data(), n, work_.data());
  }
  const WriteLocal out(to);
  if (!step.y[0].empty()) {
    AxisPass{step.y, n / (ny * nx), ny, ny, nx}.forward(work_.data(), out.data());
    std::copy_n(out.data(), n, work_.data());
  }
  if (step.x[0].empty())
    std::copy_n(work_.data(), n, out.data());
  else
    LinePass{step.x, n / nx, nx, step.distance}.forward(work_.data(), out.data());
}

void Starlet::smoothAdjoint(const Step& step, Vec from, Vec to) const {
  const Shape& s = cube_.shape();
  const auto nx = static_cast<std::size_t>(s.nx), ny = static_cast<std::size_t>(s.ny);
  const std::size_t n = work_.size();
  {
    const ReadLocal in(from);
    const WriteLocal out(to);
    if (step.x[0].empty())
      std::copy_n(in.data(), n, work_.data());
    else
      LinePass{step.x, n / nx, nx, step.distance}.adjoint(in.data(), work_.data());
    if (!step.y[0].empty()) {
      AxisPass{step.y, n / (ny * nx), ny, ny, nx}.adjoint(work_.data(), out.data());
      std::copy_n(out.data(), n, work_.data());
    }
    if (!step.halo) std::copy_n(work_.data(), n, out.data());
  }
  if (!step.halo) return;
  const PaddedShape& p = step.halo->padded();
  AxisPass{step.slab, static_cast<std::size_t>(p.frames), static_cast<std::size_t>(p.paddedRows()),
           static_cast<std::size_t>(p.rows), static_cast<std::size_t>(p.rest)}
      .adjoint(work_.data(), padded_.data());
  step.halo->addBack(std::span<const double>(padded_).first(p.size()), to);
}

template <class F>
void Starlet::eachPart(PetscInt channel, F&& f) const {
  const PetscInt frames = cube_.box().count[0];
  const std::size_t plane = frames > 0 ? work_.size() / static_cast<std::size_t>(frames) : 0;
  const auto channels = static_cast<std::size_t>(rangeCube_.shape().channels);
  for (std::size_t t = 0; t < static_cast<std::size_t>(frames); ++t)
    f(t * plane, (t * channels + static_cast<std::size_t>(channel)) * plane, plane);
}

ScratchVec Starlet::eachScale(Vec x, const std::function<void(PetscInt j, Vec w)>& f) const {
  if (!domain().holds(x)) throw Error("Starlet: x is not in the space of the domain");
  ScratchVec coarse = domain().scratch();
  const ScratchVec next = domain().scratch();
  check(VecCopy(x, coarse));
  for (PetscInt j = 0; j < scales(); ++j) {
    smooth(steps_[static_cast<std::size_t>(j)], coarse, next);
    check(VecAXPY(coarse, -1, next));
    f(j, coarse);
    check(VecCopy(next, coarse));
  }
  return coarse;
}

void Starlet::doApplyForward(Vec x, Vec y) const {
  const auto put = [&](PetscInt channel, Vec v) {
    const ReadLocal in(v);
    const WriteLocal out(y);
    eachPart(channel, [&](std::size_t from, std::size_t to, std::size_t n) {
      std::copy_n(in.data() + from, n, out.data() + to);
    });
  };
  put(scales(), eachScale(x, put));
}

double Starlet::sumOfSizes(Vec x) const {
  double sum = 0;
  eachScale(x, [&](PetscInt, Vec w) {
    PetscReal size = 0;
    check(VecNorm(w, NORM_1, &size));
    sum += size;
  });
  return sum;
}

/// With w_j = c_{j-1} - c_j and c_j = A_{j-1} c_{j-1}, backwards: z_J = y_coarse, z_{j-1} = y_j + A^T (z_j - y_j).
void Starlet::doApplyAdjoint(Vec y, Vec x) const {
  const ScratchVec difference = domain().scratch();
  {
    const ReadLocal in(y);
    const WriteLocal out(x);
    eachPart(scales(), [&](std::size_t to, std::size_t from, std::size_t n) {
      std::copy_n(in.data() + from, n, out.data() + to);
    });
  }
  for (PetscInt j = scales() - 1; j >= 0; --j) {
    const auto addChannel = [&](double factor, Vec v) {
      const ReadLocal in(y);
      const WriteLocal out(v);
      eachPart(j, [&](std::size_t to, std::size_t from, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) out.data()[to + i] += factor * in.data()[from + i];
      });
    };
    check(VecCopy(x, difference));
    addChannel(-1, difference);
    smoothAdjoint(steps_[static_cast<std::size_t>(j)], difference, x);
    addChannel(1, x);
  }
}

}  // namespace lacuna
