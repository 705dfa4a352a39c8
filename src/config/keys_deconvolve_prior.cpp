#include "config/key_tables.hpp"

namespace lacuna {
namespace {

const Condition field{"prior.space.kind", {"gaussian"}};

Condition timeIs(std::vector<std::string> kinds) { return {"prior.time.kind", std::move(kinds)}; }

}  // namespace

std::vector<Key> spacePriorKeys() {
  const std::string section = "prior.space";
  return {
      {.section = section,
       .name = "kind",
       .standard = "none",
       .choices = {"none", "smooth", "gaussian", "total_variation", "starlet", "entropy"},
       .doc =
           "What is known of an image before the data. smooth: neighbours differ little. gaussian: a Gaussian random "
           "field with a spectrum. total_variation: flat pieces with sharp edges. starlet: few wavelet coefficients. "
           "entropy: near to a level. Equations in docs/theory.md."},
      {.section = section,
       .name = "strength",
       .type = KeyType::NumberOrText,
       .required = true,
       .range = {.low = 0, .lowOpen = true},
       .choices = {"auto"},
       .when = {section + ".kind", {"smooth", "total_variation", "starlet", "entropy"}},
       .doc =
           "Weight of the prior's energy (smooth: 1 / x^2; total_variation and starlet: 1 / x; entropy: 1 / x, where "
           "x is the unit of the estimate). \"auto\": the strength at which the deviance per datum is what the noise "
           "alone would give (discrepancy principle)."},
      {.section = section,
       .name = "order",
       .type = KeyType::Integer,
       .standard = 1,
       .range = {.low = 1, .high = 2},
       .when = {section + ".kind", {"smooth"}},
       .doc = "1: squared differences of neighbours. 2: squared Laplacian."},
      {.section = section,
       .name = "spacing",
       .type = KeyType::Numbers,
       .standardDoc = "1 for each axis",
       .range = {.low = 0, .high = 1e6, .lowOpen = true},
       .when = {section + ".kind", {"smooth", "gaussian", "total_variation", "starlet"}},
       .doc = "Distances of neighbours along the axes, [y, x] or [z, y, x], in any unit: only their ratios to the last "
              "one count. For voxels that are longer than wide; correlation_px and the k of a spectrum count pixels "
              "along x."},
      {.section = section,
       .name = "scales",
       .type = KeyType::Integer,
       .standard = 4,
       .range = {.low = 1, .high = 12},
       .when = {section + ".kind", {"starlet"}},
       .doc = "Number of wavelet scales."},
      {.section = section,
       .name = "level",
       .type = KeyType::Number,
       .standardDoc = "the mean that the data ask for",
       .range = {.low = 0, .lowOpen = true},
       .when = {section + ".kind", {"entropy"}},
       .doc = "What the estimate is where the data say nothing."},
      {.section = section,
       .name = "on",
       .standardDoc = "log with positivity = \"exp\", else x",
       .choices = {"x", "log"},
       .when = {section + ".kind", {"smooth", "gaussian"}},
       .doc = "Whether the prior is on the estimate or on its logarithm (a log-normal field)."},
      {.section = section,
       .name = "mean",
       .type = KeyType::Number,
       .standard = 0.0,
       .when = field,
       .doc = "Mean of the field."},
      {.section = section,
       .name = "spectrum",
       .type = KeyType::Path,
       .when = field,
       .doc = "Text file of the power spectrum of the field: two columns, k [radians per pixel] and P(k), the variance "
              "of the field times pixels; # starts a comment. Linear between its points; beyond them the end values "
              "are held. Modes without power are those of the mean, exactly. It takes the place of sd, "
              "correlation_px and smoothness."},
      {.section = section,
       .name = "sd",
       .type = KeyType::Number,
       .standard = 1.0,
       .range = {.low = 0, .lowOpen = true},
       .when = field,
       .doc = "Standard deviation of a pixel."},
      {.section = section,
       .name = "correlation_px",
       .type = KeyType::Number,
       .unit = "pixels",
       .standard = 5.0,
       .range = {.low = 0, .lowOpen = true},
       .when = field,
       .doc = "Correlation length L of the field: its power is P(k) ~ (2 nu / L^2 + k^2)^(-nu - d/2) in d dimensions "
              "(Matern), on a periodic grid."},
      {.section = section,
       .name = "smoothness",
       .type = KeyType::Number,
       .standard = 1.0,
       .range = {.low = 0, .high = 50, .lowOpen = true},
       .when = field,
       .doc = "Matern's nu; 0.5 is the exponential covariance."},
  };
}

std::vector<Key> timePriorKeys() {
  const std::string section = "prior.time";
  return {
      {.section = section,
       .name = "kind",
       .standard = "none",
       .choices = {"none", "random_walk", "ar1", "gamma", "total_variation"},
       .doc =
           "How a movie may change from frame to frame, pixel by pixel. random_walk: by Gaussian steps. ar1: towards "
           "its mean (Ornstein-Uhlenbeck). gamma: by factors. total_variation: seldom, by jumps. none: every frame by "
           "itself."},
      {.section = section,
       .name = "sd",
       .type = KeyType::Number,
       .required = true,
       .range = {.low = 0, .lowOpen = true},
       .when = timeIs({"random_walk", "ar1"}),
       .doc = "random_walk: standard deviation of the change in one unit of time. ar1: standard deviation about the "
              "mean (stationary)."},
      {.section = section,
       .name = "correlation_frames",
       .type = KeyType::Number,
       .unit = "frames",
       .required = true,
       .range = {.low = 0, .lowOpen = true},
       .when = timeIs({"ar1"}),
       .doc = "Time tau in which the memory falls to 1/e: phi = exp(-dt / tau)."},
      {.section = section,
       .name = "mean",
       .type = KeyType::Number,
       .standard = 0.0,
       .when = timeIs({"ar1"}),
       .doc = "What the pixels return to."},
      {.section = section,
       .name = "initial_mean",
       .type = KeyType::Number,
       .standardDoc = "random_walk: 0; ar1: mean; gamma: the mean that the data ask for",
       .when = timeIs({"random_walk", "ar1", "gamma"}),
       .doc = "Mean of the first frame."},
      {.section = section,
       .name = "initial_sd",
       .type = KeyType::Number,
       .standardDoc = "random_walk: nothing is known of the first frame; ar1: sd",
       .range = {.low = 0, .lowOpen = true},
       .when = timeIs({"random_walk", "ar1"}),
       .doc = "Standard deviation of the first frame."},
      {.section = section,
       .name = "shape",
       .type = KeyType::Number,
       .required = true,
       .range = {.low = 0, .high = 1e6, .lowOpen = true},
       .when = timeIs({"gamma"}),
       .doc = "Shape of the gamma-Markov chain: the relative change from frame to frame has the standard deviation "
              "shape^(-1/2)."},
      {.section = section,
       .name = "initial_shape",
       .type = KeyType::Number,
       .standard = 1.0,
       .range = {.low = 0, .high = 1e6, .lowOpen = true},
       .when = timeIs({"gamma"}),
       .doc = "Shape of the distribution of the first frame, whose mean is initial_mean."},
      {.section = section,
       .name = "strength",
       .type = KeyType::NumberOrText,
       .required = true,
       .range = {.low = 0, .lowOpen = true},
       .choices = {"auto"},
       .when = timeIs({"total_variation"}),
       .doc = "Weight of the sum of |x_t - x_(t-1)| [1 / x]; \"auto\": as in [prior.space]."},
      {.section = section,
       .name = "on",
       .standard = "x",
       .choices = {"x", "log"},
       .when = timeIs({"random_walk", "ar1"}),
       .doc = "Whether the chain is on the estimate or on its logarithm; log needs positivity = \"exp\"."},
      {.section = section,
       .name = "innovations",
       .standard = "white",
       .choices = {"white", "matern", "spectrum"},
       .when = timeIs({"random_walk", "ar1"}),
       .doc =
           "Whether neighbouring pixels change together: white: each by itself; matern: as in [prior.space] gaussian; "
           "spectrum: as a file says."},
      {.section = section,
       .name = "spectrum",
       .type = KeyType::Path,
       .required = true,
       .when = {section + ".innovations", {"spectrum"}},
       .doc =
           "Text file of the power spectrum of the innovations, as that of [prior.space]; its shape alone counts, the "
           "standard deviation of a pixel is sd."},
      {.section = section,
       .name = "correlation_px",
       .type = KeyType::Number,
       .unit = "pixels",
       .standard = 5.0,
       .range = {.low = 0, .lowOpen = true},
       .when = {section + ".innovations", {"matern"}},
       .doc = "Correlation length of the innovations."},
      {.section = section,
       .name = "smoothness",
       .type = KeyType::Number,
       .standard = 1.0,
       .range = {.low = 0, .high = 50, .lowOpen = true},
       .when = {section + ".innovations", {"matern"}},
       .doc = "Matern's nu of the innovations."},
      {.section = section,
       .name = "spacing",
       .type = KeyType::Numbers,
       .standardDoc = "1 for each axis",
       .range = {.low = 0, .high = 1e6, .lowOpen = true},
       .when = {section + ".innovations", {"matern", "spectrum"}},
       .doc = "Distances of neighbours, as in [prior.space], for the spectrum of the innovations."},
  };
}

}  // namespace lacuna
