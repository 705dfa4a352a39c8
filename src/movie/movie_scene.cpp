#include "movie/movie_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lacuna {
namespace {

constexpr std::size_t waves = 64;
constexpr double reach = 6;  ///< sds of a blob that are drawn
/// Streams of random numbers: more sources do not change the diffuse structure, nor other motion the places.
enum Stream : std::uint32_t { Place = 201, Speed, Look, Kind, Step, Blink, WaveVector, WavePhase };

/// Integral of a normal density of this sd over the pixel at distance d from its middle.
double share(double d, double sd) {
  if (sd == 0) return d >= -0.5 && d < 0.5 ? 1 : 0;
  const double scale = 1 / (sd * std::numbers::sqrt2);
  return 0.5 * (std::erf((d + 0.5) * scale) - std::erf((d - 0.5) * scale));
}

/// A place and a velocity reflected into [-1/2, n - 1/2).
void reflect(double& place, double& velocity, double n) {
  double u = std::fmod(place + 0.5, 2 * n);
  if (u < 0) u += 2 * n;
  if (u >= n) u = 2 * n - u, velocity = -velocity;
  place = std::min(u, std::nextafter(n, 0.0)) - 0.5;
}

}  // namespace

MovieScene::MovieScene(const MovieSize& size, const SceneSettings& s) : size_(size), settings_(s) {
  const Rng rng(s.seed);
  const auto n = size.pixels();
  for (std::int64_t i = 0; i < s.sources; ++i) {
    MovieSource source;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (n[axis] == 1) continue;
      const auto key = static_cast<std::int64_t>(3 * i + static_cast<std::int64_t>(axis));
      source.place[axis] = rng.split(Place).uniformPair(key).first * static_cast<double>(n[axis]) - 0.5;
      source.velocity[axis] = s.speed * rng.split(Speed).normalPair(key).first;
    }
    const auto [bright, ignored] = rng.split(Look).at(0).normalPair(i);
    source.counts = s.counts * std::exp(s.scatter * bright);
    source.width = s.width[0] + (s.width[1] - s.width[0]) * rng.split(Look).at(1).uniformPair(i).first;
    const auto [kind, when] = rng.split(Kind).uniformPair(i);
    source.blinks = kind < s.blinking;
    if (source.blinks)
      source.on = when < s.on / (s.on + s.off);
    else if (kind < s.blinking + s.appearing)
      source.first = 1 + static_cast<std::int64_t>(when * static_cast<double>(size.frames - 1));
    sources_.push_back(source);
  }
  if (s.diffuse == 0) return;
  for (std::size_t m = 0; m < waves; ++m) {
    const auto key = static_cast<std::int64_t>(m);
    const auto [kz, ky] = rng.split(WaveVector).at(0).normalPair(key);
    const auto [kx, omega] = rng.split(WaveVector).at(1).normalPair(key);
    waves_.push_back({{kz / s.correlation, ky / s.correlation, kx / s.correlation},
                      s.diffuseFrames > 0 ? omega / s.diffuseFrames : 0,
                      2 * std::numbers::pi * rng.split(WavePhase).uniformPair(key).first});
  }
}

void MovieScene::step() {
  ++frame_;
  const SceneSettings& s = settings_;
  const auto n = size_.pixels();
  const Rng rng = Rng(s.seed, Step).at(static_cast<std::uint32_t>(frame_));
  const Rng blink = Rng(s.seed, Blink).at(static_cast<std::uint32_t>(frame_));
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    MovieSource& source = sources_[i];
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (n[axis] == 1) continue;
      source.place[axis] +=
          source.velocity[axis] + s.diffusion * rng.normalPair(static_cast<std::int64_t>(3 * i + axis)).first;
      reflect(source.place[axis], source.velocity[axis], static_cast<double>(n[axis]));
    }
    if (source.blinks &&
        blink.uniformPair(static_cast<std::int64_t>(i)).first < std::min(1.0, 1 / (source.on ? s.on : s.off)))
      source.on = !source.on;
  }
}

void MovieScene::addSource(const MovieSource& source, const std::array<std::int64_t, 3>& start,
                           const std::array<std::int64_t, 3>& count, double* out) const {
  std::array<std::vector<double>, 3> shares;
  std::array<std::int64_t, 3> first{};
  const auto n = size_.pixels();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double far = reach * source.width + 1;
    const auto lo = static_cast<std::int64_t>(std::floor(source.place[axis] - far));
    const auto hi = static_cast<std::int64_t>(std::ceil(source.place[axis] + far)) + 1;
    first[axis] = std::max(lo, start[axis]);
    for (std::int64_t p = first[axis]; p < std::min(hi, start[axis] + count[axis]); ++p)
      shares[axis].push_back(n[axis] == 1 ? 1 : share(static_cast<double>(p) - source.place[axis], source.width));
  }
  const double counts = source.shining(frame_);
  for (std::size_t z = 0; z < shares[0].size(); ++z)
    for (std::size_t y = 0; y < shares[1].size(); ++y) {
      const double level = counts * shares[0][z] * shares[1][y];
      const std::int64_t row = (first[0] - start[0] + static_cast<std::int64_t>(z)) * count[1] + first[1] - start[1] +
                               static_cast<std::int64_t>(y);
      double* to = out + row * count[2] + first[2] - start[2];
      for (std::size_t x = 0; x < shares[2].size(); ++x) to[x] += level * shares[2][x];
    }
}

void MovieScene::draw(const std::array<std::int64_t, 3>& start, const std::array<std::int64_t, 3>& count,
                      double* out) const {
  const SceneSettings& s = settings_;
  const auto n = size_.pixels();
  const double scale = std::sqrt(2 / static_cast<double>(waves));
  for (std::int64_t z = 0; z < count[0]; ++z)
    for (std::int64_t y = 0; y < count[1]; ++y) {
      double* row = out + (z * count[1] + y) * count[2];
      std::fill_n(row, count[2], 0.0);
      for (const Wave& wave : waves_) {
        // Along a row cos(a + b x) by turning (cos, sin) from x = 0 on: the same bits wherever a part of it begins.
        const double a = wave.phase + wave.omega * static_cast<double>(frame_) +
                         (n[0] > 1 ? wave.k[0] * static_cast<double>(start[0] + z) : 0) +
                         (n[1] > 1 ? wave.k[1] * static_cast<double>(start[1] + y) : 0);
        const double c = std::cos(wave.k[2]), d = std::sin(wave.k[2]);
        double u = std::cos(a), v = std::sin(a);
        for (std::int64_t x = 0; x < start[2] + count[2]; ++x) {
          if (x >= start[2]) row[x - start[2]] += u;
          const double next = u * c - v * d;
          v = u * d + v * c;
          u = next;
        }
      }
      if (waves_.empty()) continue;
      for (std::int64_t x = 0; x < count[2]; ++x)
        row[x] = s.diffuse * std::exp(s.contrast * scale * row[x] - 0.5 * s.contrast * s.contrast);
    }
  for (const MovieSource& source : sources_)
    if (source.shining(frame_) > 0) addSource(source, start, count, out);
}

}  // namespace lacuna
