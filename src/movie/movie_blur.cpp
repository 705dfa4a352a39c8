#include "movie/movie_blur.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lacuna {
namespace {

std::vector<double> profile(std::int64_t n, double sd) {
  const auto radius = n == 1 ? 0 : static_cast<std::int64_t>(std::ceil(4 * sd));
  std::vector<double> h;
  double sum = 0;
  for (std::int64_t i = -radius; i <= radius; ++i) {
    h.push_back(radius == 0 ? 1 : std::exp(-0.5 * static_cast<double>(i * i) / (sd * sd)));
    sum += h.back();
  }
  for (double& v : h) v /= sum;
  return h;
}

/// The marginal of a separable PSF along one axis.
std::vector<double> marginal(const Psf& psf, std::size_t axis) {
  const std::array<PetscInt, 3> n{psf.nz, psf.ny, psf.nx};
  std::vector<double> out(static_cast<std::size_t>(n[axis]), 0.0);
  for (PetscInt z = 0, i = 0; z < n[0]; ++z)
    for (PetscInt y = 0; y < n[1]; ++y)
      for (PetscInt x = 0; x < n[2]; ++x, ++i)
        out[static_cast<std::size_t>(std::array{z, y, x}[axis])] += psf.values[static_cast<std::size_t>(i)];
  return out;
}

struct Block {
  std::array<std::int64_t, 3> start{}, count{};
  std::vector<double> values;
};

/// The block with the axis cut from `in` to [start, start + count), convolved with the symmetric profile h along it.
Block convolved(const Block& in, std::size_t axis, const std::vector<double>& h, std::int64_t start,
                std::int64_t count) {
  Block out{in.start, in.count, {}};
  out.start[axis] = start;
  out.count[axis] = count;
  out.values.assign(static_cast<std::size_t>(out.count[0] * out.count[1] * out.count[2]), 0.0);
  std::int64_t stride = 1;
  for (std::size_t i = 2; i > axis; --i) stride *= in.count[i];
  const auto radius = static_cast<std::int64_t>(h.size() / 2);
  const std::int64_t outer = static_cast<std::int64_t>(out.values.size()) / (count * stride);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t p = 0; p < count; ++p) {
      double* to = out.values.data() + (o * count + p) * stride;
      for (std::int64_t k = -radius; k <= radius; ++k) {  // always from the first pixel to the last
        const std::int64_t q = start + p + k - in.start[axis];
        if (q < 0 || q >= in.count[axis]) continue;
        const double weight = h[static_cast<std::size_t>(radius + k)];
        const double* from = in.values.data() + (o * in.count[axis] + q) * stride;
        for (std::int64_t i = 0; i < stride; ++i) to[i] += weight * from[i];
      }
    }
  return out;
}

}  // namespace

Psf gaussianMoviePsf(const MovieSize& size, double sdZ, double sd) {
  const auto z = profile(size.nz, sdZ), y = profile(size.ny, sd), x = profile(size.nx, sd);
  Psf psf;
  psf.nz = static_cast<PetscInt>(z.size());
  psf.ny = static_cast<PetscInt>(y.size());
  psf.nx = static_cast<PetscInt>(x.size());
  psf.center = {psf.nz / 2, psf.ny / 2, psf.nx / 2};
  for (double a : z)
    for (double b : y)
      for (double c : x) psf.values.push_back(a * b * c);
  return psf;
}

void drawBlurred(const MovieScene& scene, const MovieSize& size, const Psf& psf,
                 const std::array<std::int64_t, 3>& start, const std::array<std::int64_t, 3>& count, double* truth,
                 double* blurred) {
  const auto n = size.pixels();
  const std::array<std::int64_t, 3> radius{psf.nz / 2, psf.ny / 2, psf.nx / 2};
  Block block;
  for (std::size_t i = 0; i < 3; ++i) {
    block.start[i] = std::max<std::int64_t>(start[i] - radius[i], 0);
    block.count[i] = std::min(start[i] + count[i] + radius[i], n[i]) - block.start[i];
  }
  block.values.resize(static_cast<std::size_t>(block.count[0] * block.count[1] * block.count[2]));
  scene.draw(block.start, block.count, block.values.data());
  for (std::int64_t z = 0; z < count[0]; ++z)
    for (std::int64_t y = 0; y < count[1]; ++y) {
      const std::int64_t row = (z + start[0] - block.start[0]) * block.count[1] + y + start[1] - block.start[1];
      std::copy_n(block.values.data() + row * block.count[2] + start[2] - block.start[2], count[2],
                  truth + (z * count[1] + y) * count[2]);
    }
  for (std::size_t axis = 0; axis < 3; ++axis)
    block = convolved(block, axis, marginal(psf, axis), start[axis], count[axis]);
  std::copy(block.values.begin(), block.values.end(), blurred);
}

}  // namespace lacuna
