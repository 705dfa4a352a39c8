#include "config/key_tables.hpp"

namespace lacuna {
namespace {

const Condition movie{"simulation.kind", {"movie"}};
constexpr double maxSize = 1e6;

Key number(const std::string& section, const std::string& name, const std::string& unit, double standard,
           const Range& range, const std::string& doc) {
  return {.section = section,
          .name = name,
          .type = KeyType::Number,
          .unit = unit,
          .standard = standard,
          .range = range,
          .when = movie,
          .doc = doc};
}

Key size(const std::string& name, const std::string& unit, bool required, const std::string& doc) {
  return {.section = "movie",
          .name = name,
          .type = KeyType::Integer,
          .unit = unit,
          .standard = required ? Value() : Value(std::int64_t{1}),
          .required = required,
          .range = {.low = 1, .high = maxSize},
          .when = movie,
          .doc = doc};
}

}  // namespace

std::vector<Key> movieKeys() {
  const std::string sources = "movie.sources", diffuse = "movie.diffuse";
  const Range notNegative{.low = 0, .high = 1e9}, share{.low = 0, .high = 1};
  const Range times{.low = 1, .high = 1e9}, lengths{.low = 0, .high = 1e3};
  return {
      size("frames", "frames", false, "Number of frames."),
      size("nz", "pixels", false, "Planes; 1: images."),
      size("ny", "pixels", false, "Rows; 1, and nz = 1: lines."),
      size("nx", "pixels", true, "Columns of the movie."),
      number("movie", "psf_sigma_px", "pixels", 1.5, lengths,
             "Standard deviation of the Gaussian PSF along x and y, cut at 4 of them. 0: no blur."),
      number("movie", "psf_sigma_z_px", "pixels", 3.0, lengths, "The same along z."),
      number("movie", "background", "counts", 0.5, notNegative, "Mean counts a pixel that do not come from the scene."),
      {.section = sources,
       .name = "number",
       .type = KeyType::Integer,
       .standard = 20,
       .range = {.low = 0, .high = 1e6},
       .when = movie,
       .doc = "Number of sources. They move, bounce off the edges, and some blink or appear."},
      number(sources, "counts", "counts", 200, notNegative,
             "Mean counts of one source in one frame while it shines (the median of the sources)."),
      number(sources, "counts_scatter", "", 0.3, {.low = 0, .high = 5},
             "Standard deviation of ln(counts) from source to source."),
      {.section = sources,
       .name = "width_px",
       .type = KeyType::Numbers,
       .unit = "pixels",
       .standard = std::vector<double>{0.7, 1.5},
       .range = {.low = 0, .high = 1e4},
       .length = 2,
       .when = movie,
       .doc = "Standard deviation of the Gaussian blobs, [min, max]. 0: points, each in one pixel."},
      number(sources, "speed_px", "pixels/frame", 0.3, lengths,
             "Standard deviation of each component of the velocities."),
      number(sources, "diffusion_px", "pixels", 0.0, lengths,
             "Standard deviation of the random step of each coordinate from frame to frame."),
      number(sources, "blinking", "", 0.3, share, "Share of the sources that blink, at random times."),
      number(sources, "on_frames", "frames", 10, times, "Mean length of their bright times."),
      number(sources, "off_frames", "frames", 10, times, "Mean length of their dark times."),
      number(sources, "appearing", "", 0.2, share,
             "Share of the sources that appear at a random frame and stay; the rest shine all the time."),
      number(diffuse, "counts", "counts", 1.0, notNegative, "Mean counts a pixel of the diffuse structure. 0: none."),
      number(diffuse, "contrast", "", 0.7, {.low = 0, .high = 5},
             "Standard deviation of the logarithm of the diffuse structure, a log-normal field."),
      number(diffuse, "correlation_px", "pixels", 10, {.low = 0, .high = 1e6, .lowOpen = true},
             "Its correlation length (Gaussian covariance)."),
      number(diffuse, "correlation_frames", "frames", 0, notNegative, "Its correlation time. 0: it does not change."),
  };
}

}  // namespace lacuna
