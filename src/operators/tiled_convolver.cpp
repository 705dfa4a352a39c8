#include "operators/tiled_convolver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lacuna {
namespace {

struct Tile {
  std::array<PetscInt, 3> extent{};
  double nanoseconds = std::numeric_limits<double>::infinity();  ///< expected, for a target
};

/// Sizes of a tile along one axis, 1, 3 or 5 times a power of two, which FFTW transforms fastest: from the least that
/// keeps a pixel to one that holds everything.
std::vector<PetscInt> sizes(PetscInt taps, PetscInt targets) {
  const std::int64_t all = std::int64_t{taps} + targets - 1;
  std::vector<PetscInt> out;
  std::int64_t last = 0;
  for (std::int64_t power = 1; last < all; power *= 2)
    for (std::int64_t size : {power, 5 * power / 4, 3 * power / 2}) {
      if (size < taps || size == last || last >= all) continue;
      out.push_back(static_cast<PetscInt>(last = size));
    }
  return out;
}

/// The cheapest tile: two transforms of n pixels and a product take about n log2(n), and more where it leaves the
/// cache.
Tile bestTile(const std::array<PetscInt, 3>& taps, const std::array<PetscInt, 3>& targets) {
  constexpr double nsPerLevel = 0.36, cachePixels = 70000, largestTile = 1 << 20;
  std::array<std::vector<PetscInt>, 3> choices;
  for (std::size_t a = 0; a < 3; ++a) choices[a] = sizes(taps[a], std::max<PetscInt>(targets[a], 1));
  Tile best;
  const auto tilesAlong = [&](std::size_t a, PetscInt size) {
    const auto kept = static_cast<double>(size - taps[a] + 1);
    return std::ceil(static_cast<double>(std::max<PetscInt>(targets[a], 1)) / kept);
  };
  double pixels = 1;
  for (PetscInt n : targets) pixels *= static_cast<double>(std::max<PetscInt>(n, 1));
  for (PetscInt z : choices[0])
    for (PetscInt y : choices[1])
      for (PetscInt x : choices[2]) {
        const double n = double(z) * double(y) * double(x);
        const bool smallest = z == choices[0][0] && y == choices[1][0] && x == choices[2][0];
        if (n > largestTile && !smallest) break;
        const double slower = n <= cachePixels ? 1 : std::min(1.8, 1 + 0.15 * std::log2(n / cachePixels));
        const double cost = nsPerLevel * slower * n * std::log2(std::max(n, 2.0)) * tilesAlong(0, z) *
                            tilesAlong(1, y) * tilesAlong(2, x) / pixels;
        if (cost < best.nanoseconds) best = {{z, y, x}, cost};
      }
  return best;
}

fftw_complex* raw(std::complex<double>* p) { return reinterpret_cast<fftw_complex*>(p); }

}  // namespace

double TiledConvolver::expectedNanoseconds(const std::array<PetscInt, 3>& taps, const Shape& data) {
  return bestTile(taps, {data.nz, data.ny, data.nx}).nanoseconds;
}

TiledConvolver::TiledConvolver(const std::vector<Psf>& taps, const std::array<PetscInt, 3>& targets, Planning planning)
    : taps_{taps.at(0).nz, taps[0].ny, taps[0].nx}, tile_(bestTile(taps_, targets).extent) {
  const auto [tz, ty, tx] = tile_;
  const std::int64_t pixels = std::int64_t{tz} * ty * tx, modes = std::int64_t{tz} * ty * (tx / 2 + 1);
  pixels_ = alignedBuffer<double>(pixels);
  spectrum_ = alignedBuffer<Complex>(modes);
  sum_ = alignedBuffer<Complex>(modes);
  const int n[3] = {static_cast<int>(tz), static_cast<int>(ty), static_cast<int>(tx)};
  const unsigned flags = planning == Planning::Measure ? FFTW_MEASURE : FFTW_ESTIMATE;
  forward_.reset(fftw_plan_dft_r2c(3, n, pixels_.get(), raw(spectrum_.get()), flags));
  backward_.reset(fftw_plan_dft_c2r(3, n, raw(sum_.get()), pixels_.get(), flags));
  if (!forward_ || !backward_) throw Error("FFTW could not plan tiles of " + text());
  for (const Psf& h : taps) {
    std::fill_n(pixels_.get(), pixels, 0.0);
    for (PetscInt z = 0; z < h.nz; ++z)
      for (PetscInt y = 0; y < h.ny; ++y)
        std::copy_n(h.values.data() + (static_cast<std::ptrdiff_t>(z) * h.ny + y) * h.nx, h.nx,
                    pixels_.get() + (static_cast<std::ptrdiff_t>(z) * ty + y) * tx);
    fftw_execute(forward_.get());
    auto& T = transfer_.emplace_back(static_cast<std::size_t>(modes));
    for (std::size_t i = 0; i < T.size(); ++i) T[i] = std::conj(spectrum_[i]) / static_cast<double>(pixels);
  }
}

/// pixels_ <- the tile whose first target is `at`; zero beyond the padded array.
void TiledConvolver::load(const PaddedFrame& frame, const LocalExtents& e, const std::array<PetscInt, 3>& at) const {
  const auto [tz, ty, tx] = tile_;
  const auto there = [&](std::size_t a) { return std::min(tile_[a], e.targets[a] + taps_[a] - 1 - at[a]); };
  const PetscInt nz = there(0), ny = there(1), nx = there(2);
  double* to = pixels_.get();
  for (PetscInt z = 0; z < tz; ++z)
    for (PetscInt y = 0; y < ty; ++y, to += tx) {
      if (z >= nz || y >= ny) {
        std::fill_n(to, tx, 0.0);
        continue;
      }
      std::copy_n(frame.first + (at[0] + z) * e.plane + (at[1] + y) * e.line + at[2], nx, to);
      std::fill_n(to + nx, tx - nx, 0.0);
    }
}

void TiledConvolver::run(std::span<const PaddedFrame> frames, const LocalExtents& e, const Emit& emit) const {
  std::array<PetscInt, 3> kept{};
  for (std::size_t a = 0; a < 3; ++a) kept[a] = tile_[a] - taps_[a] + 1;
  const PetscInt nx = e.targets[2];
  std::vector<double> band(static_cast<std::size_t>(kept[0]) * kept[1] * nx);
  const std::ptrdiff_t modes = static_cast<std::ptrdiff_t>(tile_[0]) * tile_[1] * (tile_[2] / 2 + 1);
  for (PetscInt z = 0; z < e.targets[0]; z += kept[0])
    for (PetscInt y = 0; y < e.targets[1]; y += kept[1]) {
      const PetscInt planes = std::min(kept[0], e.targets[0] - z), lines = std::min(kept[1], e.targets[1] - y);
      for (PetscInt x = 0; x < nx; x += kept[2]) {
        bool add = false;
        for (const PaddedFrame& frame : frames) {
          load(frame, e, {z, y, x});
          fftw_execute(forward_.get());
          const double* T = reinterpret_cast<const double*>(transfer_[frame.psf].data());
          const double* in = reinterpret_cast<const double*>(spectrum_.get());
          double* out = reinterpret_cast<double*>(sum_.get());
          for (std::ptrdiff_t i = 0; i < 2 * modes; i += 2) {
            const double re = T[i] * in[i] - T[i + 1] * in[i + 1], im = T[i] * in[i + 1] + T[i + 1] * in[i];
            out[i] = add ? out[i] + re : re;
            out[i + 1] = add ? out[i + 1] + im : im;
          }
          add = true;
        }
        fftw_execute(backward_.get());
        const PetscInt count = std::min(kept[2], nx - x);
        for (PetscInt a = 0; a < planes; ++a)
          for (PetscInt b = 0; b < lines; ++b)
            std::copy_n(pixels_.get() + (static_cast<std::ptrdiff_t>(a) * tile_[1] + b) * tile_[2], count,
                        band.data() + (static_cast<std::ptrdiff_t>(a) * kept[1] + b) * nx + x);
      }
      for (PetscInt a = 0; a < planes; ++a)
        for (PetscInt b = 0; b < lines; ++b)
          emit(z + a, y + b, band.data() + (static_cast<std::ptrdiff_t>(a) * kept[1] + b) * nx);
    }
}

std::string TiledConvolver::text() const {
  return "tiled FFT of " + (tile_[0] > 1 ? std::to_string(tile_[0]) + " x " : std::string()) +
         std::to_string(tile_[1]) + " x " + std::to_string(tile_[2]);
}

}  // namespace lacuna
