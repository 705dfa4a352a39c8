#include "operators/starlet.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

constexpr std::array<double, 5> spline{1.0 / 16, 4.0 / 16, 6.0 / 16, 4.0 / 16, 1.0 / 16};

/// Pixels between the taps of scale j along z, y, x; 0: no smoothing.
std::array<PetscInt, 3> tapDistances(const Shape& s, const Spacing& spacing, int j) {
  const std::array<PetscInt, 3> pixels{s.nz, s.ny, s.nx};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t a = 0; a < 3; ++a)
    if (pixels[a] > 1) least = std::min(least, spacing[a]);
  std::array<PetscInt, 3> distances{};
  for (std::size_t a = 0; a < 3; ++a)
    if (pixels[a] > 1) distances[a] = static_cast<PetscInt>(std::lround(std::ldexp(least / spacing[a], j)));
  return distances;
}

std::array<std::vector<PetscInt>, 5> mirroredTaps(PetscInt n, PetscInt distance) {
  std::array<std::vector<PetscInt>, 5> taps;
  for (PetscInt k = 0; k < 5 && distance > 0; ++k)
    for (PetscInt i = 0; i < n; ++i)
      taps[static_cast<std::size_t>(k)].push_back(
          sourceRow(std::int64_t{i} + (std::int64_t{k} - 2) * distance, n, RowBoundary::Reflect));
  return taps;
}

/// out <- sum_k h_k in_k
LACUNA_VECTOR_CLONES void combine(std::size_t n, const double* const* in, double* __restrict out) {
  const double *a = in[0], *b = in[1], *c = in[2], *d = in[3], *e = in[4];
  for (std::size_t i = 0; i < n; ++i) out[i] = spline[0] * (a[i] + e[i]) + spline[1] * (b[i] + d[i]) + spline[2] * c[i];
}
/// (c, A c) becomes (A c, c - A c).
LACUNA_VECTOR_CLONES void split(std::size_t n, double* __restrict c, double* __restrict smooth) {
  for (std::size_t i = 0; i < n; ++i) {
    const double next = smooth[i];
    smooth[i] = c[i] - next;
    c[i] = next;
  }
}
LACUNA_VECTOR_CLONES double sumOfSizesOf(std::size_t n, const double* w) {
  std::array<double, 16> part{};
  std::size_t i = 0;
  for (; i + part.size() <= n; i += part.size())
    for (std::size_t k = 0; k < part.size(); ++k) part[k] += std::abs(w[i + k]);
  for (; i < n; ++i) part[0] += std::abs(w[i]);
  double sum = 0;
  for (const double p : part) sum += p;
  return sum;
}

/// A line of n pixels smoothed along itself: taps are mirrored at its ends.
void smoothLine(const std::array<std::vector<PetscInt>, 5>& taps, std::size_t n, std::size_t distance, const double* in,
                double* out) {
  const std::size_t edge = std::min(2 * distance, n), end = std::max(n - edge, edge);
  const auto mirrored = [&](std::size_t i) {
    out[i] = 0;
    for (std::size_t k = 0; k < 5; ++k) out[i] += spline[k] * in[taps[k][i]];
  };
  for (std::size_t i = 0; i < edge; ++i) mirrored(i);
  if (end > edge) {
    const double* source[5];
    for (std::size_t k = 0; k < 5; ++k) source[k] = in + edge + k * distance - 2 * distance;
    combine(end - edge, source, out + edge);
  }
  for (std::size_t i = end; i < n; ++i) mirrored(i);
}

/// 1 / M along an axis.
double inverseOf(PetscInt i, PetscInt n) { return n > 1 && (i == 0 || i == n - 1) ? 2 : 1; }

}  // namespace

Starlet::Starlet(const Cube& cube, int scales, const Spacing& spacing)
    : Starlet(cube, scales, spacing, cube.withChannels(std::max(scales, 0) + 1)) {}

Starlet::Starlet(const Cube& cube, int scales, const Spacing& spacing, Cube range)
    : LinearOperator(cube.space(), range.space()), cube_(cube), rangeCube_(std::move(range)) {
  if (cube.shape().channels != 1) throw Error("Starlet: the cube must have one channel");
  if (scales < 1 || scales > 20)
    throw Error(ExitCode::BadConfig, "starlet: " + std::to_string(scales) + " scales; there can be 1 to 20");
  requireSpacing(spacing);
  const Shape& s = cube.shape();
  const Box& box = cube.box();
  const auto axis = static_cast<std::size_t>(cube.slabAxis());
  const PetscInt slab = s.extents()[axis], height = axis == 2 ? s.ny : 1;
  rest_ = static_cast<std::size_t>(height) * static_cast<std::size_t>(s.nx);
  for (PetscInt y = 0; y < height; ++y)
    for (PetscInt x = 0; x < s.nx; ++x) inverse_.push_back(inverseOf(y, height) * inverseOf(x, s.nx));
  for (PetscInt r = 0; r < box.count[axis]; ++r) rowInverse_.push_back(inverseOf(box.start[axis] + r, slab));
  std::size_t most = 0;
  for (int j = 0; j < scales; ++j) {
    const std::array<PetscInt, 3> distances = tapDistances(s, spacing, j);
    Step& step = steps_.emplace_back();
    step.alongX = distances[2];
    step.alongSlabs = distances[axis - 2];
    step.x = mirroredTaps(s.nx, step.alongX);
    if (axis == 2) step.y = mirroredTaps(s.ny, distances[1]);
    if (step.alongSlabs == 0) continue;
    step.ghosts = std::make_unique<GhostRows>(cube, 2 * step.alongSlabs, RowBoundary::Reflect);
    most = std::max(most, step.ghosts->size());
  }
  ghosts_.resize(most);
  earlier_.resize(static_cast<std::size_t>(std::min(box.count[axis], 2 * steps_.back().alongSlabs)) * rest_);
  for (auto& row : rows_) row.resize(rest_);
}

std::int64_t Starlet::bytes(const Cube& cube, int scales, const Spacing& spacing) {
  const Box& box = cube.box();
  if (box.size() == 0) return 0;
  const auto axis = static_cast<std::size_t>(cube.slabAxis());
  const std::int64_t rows = box.count[axis], row = box.size() / (box.count[0] * rows),
                     deep = 2 * std::int64_t{tapDistances(cube.shape(), spacing, scales - 1)[axis - 2]};
  return 8 * row * (box.count[0] * 2 * deep + std::min(rows, deep) + 3);
}

void Starlet::weigh(Vec x) const {
  const WriteLocal pixels(x);
  eachRow([&](const StarletRow& row) {
    const double weight = 1 / inverseWeight(row.row);
    for (std::size_t i = 0; i < row.size; ++i) pixels.data()[row.from + i] *= weight / inverse_[i];
  });
}

double* Starlet::smoothRow(const Step& step, double* row) const {
  const auto nx = static_cast<std::size_t>(cube_.shape().nx);
  double* other = row == rows_[0].data() ? rows_[1].data() : rows_[0].data();
  if (!step.y[0].empty()) {
    for (std::size_t y = 0; y < rest_ / nx; ++y) {
      const double* source[5];
      for (std::size_t k = 0; k < 5; ++k) source[k] = row + static_cast<std::size_t>(step.y[k][y]) * nx;
      combine(nx, source, other + y * nx);
    }
    std::swap(row, other);
  }
  if (step.x[0].empty()) return row;
  for (std::size_t at = 0; at < rest_; at += nx)
    smoothLine(step.x, nx, static_cast<std::size_t>(step.alongX), row + at, other + at);
  return other;
}

template <class F>
void Starlet::smoothRows(PetscInt scale, Vec c, F&& f) const {
  const Step& step = steps_[static_cast<std::size_t>(scale)];
  const WriteLocal pixels(c);
  const PetscInt frames = cube_.box().count[0], rows = static_cast<PetscInt>(rowInverse_.size()),
                 depth = 2 * step.alongSlabs, kept = std::min(rows, depth);
  const std::size_t ghosts = step.ghosts ? step.ghosts->size() : 0;
  if (step.ghosts) step.ghosts->fill(pixels.data(), std::span(ghosts_).first(ghosts));
  for (PetscInt t = 0; t < frames; ++t) {
    double* const own = pixels.data() + static_cast<std::size_t>(t) * static_cast<std::size_t>(rows) * rest_;
    const double* const around =
        ghosts_.data() + static_cast<std::size_t>(t) * 2 * static_cast<std::size_t>(depth) * rest_;
    const auto at = [&](PetscInt row, PetscInt now) -> const double* {
      if (row < 0) return around + static_cast<std::size_t>(row + depth) * rest_;
      if (row >= rows) return around + static_cast<std::size_t>(row - rows + depth) * rest_;
      return row < now ? earlier_.data() + static_cast<std::size_t>(row % kept) * rest_
                       : own + static_cast<std::size_t>(row) * rest_;
    };
    for (PetscInt r = 0; r < rows; ++r) {
      double* const row = own + static_cast<std::size_t>(r) * rest_;
      double* const mean = rows_[0].data();
      if (step.ghosts) {
        const double* source[5];
        for (PetscInt k = 0; k < 5; ++k) source[k] = at(r + (k - 2) * step.alongSlabs, r);
        combine(rest_, source, mean);
        std::copy_n(row, rest_, earlier_.data() + static_cast<std::size_t>(r % kept) * rest_);
      } else {
        std::copy_n(row, rest_, mean);
      }
      f(StarletRow{scale, t, r, static_cast<std::size_t>(row - pixels.data()), rest_}, row, smoothRow(step, mean));
    }
  }
}

void Starlet::analyse(Vec c, const TakeRow& take) const {
  if (!domain().holds(c)) throw Error("Starlet: c is not in the space of the domain");
  for (PetscInt j = 0; j < scales(); ++j)
    smoothRows(j, c, [&](const StarletRow& row, double* now, double* smooth) {
      split(rest_, now, smooth);
      take(row, smooth);
    });
}

/// With w_{j+1} = c_j - c_{j+1} and c_{j+1} = A_j c_j, backwards: z_J = y_coarse, z_j = y_{j+1} + A_j (z_{j+1} -
/// y_{j+1}).
void Starlet::mirroredAdjoint(Vec c, const GiveRow& give) const {
  if (!domain().holds(c)) throw Error("Starlet: c is not in the space of the domain");
  const auto subtract = [&](StarletRow row, PetscInt scale, double* z) {
    row.scale = scale;
    const double* y = give(row);
    for (std::size_t i = 0; i < rest_; ++i) z[i] -= y[i];
  };
  {
    const WriteLocal pixels(c);
    eachRow([&](const StarletRow& row) { subtract(row, scales() - 1, pixels.data() + row.from); });
  }
  for (PetscInt j = scales() - 1; j >= 0; --j)
    smoothRows(j, c, [&](const StarletRow& row, double* z, const double* smooth) {
      const double* y = give(row);
      for (std::size_t i = 0; i < rest_; ++i) z[i] = y[i] + smooth[i];
      if (j > 0) subtract(row, j - 1, z);  // while the row is at hand
    });
}

double Starlet::sumOfSizes(Vec x) const {
  const ScratchVec c = domain().scratch();
  check(VecCopy(x, c));
  double sum = 0;
  analyse(c, [&](const StarletRow& row, const double* w) { sum += sumOfSizesOf(row.size, w); });
  return sumOver(cube_.comm(), [&] { return sum; });
}

std::size_t Starlet::inRange(const StarletRow& row, PetscInt channel) const {
  const std::size_t plane = rowInverse_.size() * rest_, t = static_cast<std::size_t>(row.frame);
  return row.from + (t * static_cast<std::size_t>(scales()) + static_cast<std::size_t>(channel)) * plane;
}

void Starlet::doApplyForward(Vec x, Vec y) const {
  const ScratchVec c = domain().scratch();
  check(VecCopy(x, c));
  const WriteLocal out(y);
  analyse(c, [&](const StarletRow& row, const double* w) {
    std::copy_n(w, row.size, out.data() + inRange(row, row.scale));
  });
  const ReadLocal coarse(c);
  eachRow([&](const StarletRow& row) {
    std::copy_n(coarse.data() + row.from, row.size, out.data() + inRange(row, scales()));
  });
}

void Starlet::doApplyAdjoint(Vec y, Vec x) const {
  const ReadLocal in(y);
  std::vector<double> unweighed(rest_);
  const auto read = [&](const StarletRow& row, PetscInt channel, double* out) {
    const double* v = in.data() + inRange(row, channel);
    for (std::size_t i = 0; i < row.size; ++i) out[i] = inverseWeight(row.row) * inverse_[i] * v[i];
  };
  {
    const WriteLocal out(x);
    eachRow([&](const StarletRow& row) { read(row, scales(), out.data() + row.from); });
  }
  mirroredAdjoint(x, [&](const StarletRow& row) {
    read(row, row.scale, unweighed.data());
    return unweighed.data();
  });
  weigh(x);
}

}  // namespace lacuna
