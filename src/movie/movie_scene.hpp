#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/rng.hpp"

namespace lacuna {

/// The size of a simulated movie: axes of length 1 have no extent.
struct MovieSize {
  std::int64_t frames = 1, nz = 1, ny = 1, nx = 1;
  std::array<std::int64_t, 3> pixels() const { return {nz, ny, nx}; }
};

/// What shines in a simulated movie. Lengths in pixels, times in frames.
struct SceneSettings {
  std::int64_t sources = 0;
  double counts = 0;                   ///< of one source in one frame, in the median
  double scatter = 0;                  ///< standard deviation of ln(counts) from source to source
  std::array<double, 2> width{};       ///< least and largest sd of the Gaussian blobs; 0: a point, all in one pixel
  double speed = 0;                    ///< sd of each component of a source's velocity
  double diffusion = 0;                ///< sd of the random step of each coordinate from frame to frame
  double blinking = 0, appearing = 0;  ///< shares of the sources that do so; the others shine all the time
  double on = 1, off = 1;              ///< mean lengths of the bright and the dark times of those that blink
  double diffuse = 0;                  ///< mean counts a pixel of the diffuse structure
  double contrast = 0;                 ///< sd of the logarithm of the diffuse structure
  double correlation = 1;              ///< its correlation length
  double diffuseFrames = 0;            ///< its correlation time; 0: it does not change
  std::uint64_t seed = 1;
};

/// A source in one frame.
struct MovieSource {
  std::array<double, 3> place{}, velocity{};  ///< z, y, x
  double counts = 0, width = 0;
  bool blinks = false;
  bool on = true;
  std::int64_t first = 0;  ///< frame from which on it is there
  double shining(std::int64_t frame) const { return on && frame >= first ? counts : 0; }
};

/// The scene at one frame after the other: step() goes on by one. All ranks hold the same list of sources, drawn from
/// random numbers that are keyed by the source and the frame, so that what any rank draws of any part of any frame is
/// the same bit by bit on any number of ranks. Nothing here is collective.
class MovieScene {
 public:
  MovieScene(const MovieSize& size, const SceneSettings& settings);
  std::int64_t frame() const { return frame_; }
  void step();
  const std::vector<MovieSource>& sources() const { return sources_; }

  /// The counts of the scene in the pixels [start, start + count) (z, y, x; inside the movie), [z][y][x], overwritten.
  /// Blobs are integrated over pixels. The diffuse structure is diffuse exp(contrast s - contrast^2/2) with
  /// s(p) = sqrt(2/M) sum_m cos(k_m p + w_m t + phi_m), k_m ~ N(0, 1/correlation^2): Gaussian with a Gaussian
  /// covariance for many waves M (Rahimi & Recht 2007).
  void draw(const std::array<std::int64_t, 3>& start, const std::array<std::int64_t, 3>& count, double* out) const;

 private:
  struct Wave {
    std::array<double, 3> k{};
    double omega = 0, phase = 0;
  };
  void addSource(const MovieSource& source, const std::array<std::int64_t, 3>& start,
                 const std::array<std::int64_t, 3>& count, double* out) const;
  MovieSize size_;
  SceneSettings settings_;
  std::int64_t frame_ = 0;
  std::vector<MovieSource> sources_;
  std::vector<Wave> waves_;
};

}  // namespace lacuna
