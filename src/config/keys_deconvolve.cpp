#include "config/key_tables.hpp"

namespace lacuna {
namespace {

const Condition map{"solver.method", {"map"}};
const Condition spectral{"solver.method", {"wiener", "pseudo-inverse"}};

std::vector<Key> modelKeys() {
  return {
      {.section = "model",
       .name = "noise",
       .standard = "poisson",
       .choices = {"poisson", "gaussian", "poisson-gaussian", "truncated-poisson", "censored-poisson"},
       .doc = "How data scatter about exposure * (blurred estimate) + background. poisson: photon counts. gaussian: "
              "with noise_sd. poisson-gaussian: counts and read noise (shifted-Poisson approximation). "
              "truncated-poisson: a detector that never tells more than ceiling, renormalised. censored-poisson: "
              "ceiling means that or more (saturation)."},
      {.section = "model",
       .name = "noise_sd",
       .type = KeyType::NumbersOrText,
       .unit = "counts",
       .standardDoc = "required with gaussian",
       .range = {.low = 0, .lowOpen = true},
       .when = {"model.noise", {"gaussian"}},
       .doc = "Standard deviation of Gaussian noise, after the division by gain: a number, a list of one a frame, or a "
              "map like [data] mask."},
      {.section = "model",
       .name = "ceiling",
       .type = KeyType::Number,
       .unit = "counts",
       .required = true,
       .range = {.low = 1, .high = 1e15},
       .when = {"model.noise", {"truncated-poisson", "censored-poisson"}},
       .doc = "Largest count that the detector can tell."},
      {.section = "model",
       .name = "boundary",
       .standard = "zero",
       .choices = {"zero", "periodic", "reflect"},
       .doc = "What lies beyond the edge of the estimate: nothing; its other side; its mirror image (whole-sample, "
              "numpy's 'reflect')."},
      {.section = "model",
       .name = "region",
       .standard = "same",
       .choices = {"same", "valid"},
       .doc = "same: the estimate covers the pixels of the data. valid: it covers all pixels whose light reaches the "
              "data, so that bright things just outside do no harm; it is larger by the extents of the PSF less one."},
      {.section = "model",
       .name = "epochs",
       .standard = "frames",
       .choices = {"frames", "stack"},
       .doc = "frames: every frame shows an image of its own. stack: all frames show the same image, each through its "
              "own PSF and exposure; the estimate is one image."},
      {.section = "model",
       .name = "pad",
       .type = KeyType::Integer,
       .unit = "pixels",
       .standard = 0,
       .range = {.low = 0, .high = 1e5},
       .when = spectral,
       .doc = "wiener and pseudo-inverse take images as periodic; this much is added on every side before, by "
              "reflection, and cut off after."},
  };
}

std::vector<Key> solverKeys() {
  return {
      {.section = "solver",
       .name = "method",
       .standard = "map",
       .choices = {"map", "richardson-lucy", "wiener", "pseudo-inverse"},
       .doc =
           "map: the most probable image given data, noise and priors. richardson-lucy: so many iterations towards "
           "the image of highest likelihood. wiener: the linear filter of Gaussian noise and the prior [prior.space] "
           "smooth or gaussian, in closed form, periodic. pseudo-inverse: division by the transfer function where it "
           "is above cutoff."},
      {.section = "solver",
       .name = "positivity",
       .standardDoc = "bound; with gaussian noise none",
       .choices = {"bound", "exp", "none"},
       .when = map,
       .doc = "bound: the estimate is >= 0. exp: it is the exponential of the unknown, so > 0, for priors of the "
              "logarithm; where no prior is of it, the same as bound. none: it may be negative; not with counts, whose "
              "mean cannot be."},
      {.section = "solver",
       .name = "algorithm",
       .standard = "auto",
       .choices = {"auto", "admm", "newton", "quasi-newton"},
       .when = map,
       .doc = "auto: admm where it can be used (bounds with boundary zero or periodic, total variation, "
              "starlets), followed by Newton steps on the free pixels, or given up for Richardson-Lucy and Newton "
              "where a trial shows that these are nearer; else Newton's method. The answer does not depend on it, but "
              "for exp, whose energy may have several minima."},
      {.section = "solver",
       .name = "iterations",
       .type = KeyType::Integer,
       .standardDoc = "5000; richardson-lucy: 30",
       .range = {.low = 1, .high = 1e9},
       .when = {"solver.method", {"map", "richardson-lucy"}},
       .doc = "Limit. A map that stops there is written, says so, and the run leaves with exit code 3; with a higher "
              "limit --resume auto goes on from there. Richardson-Lucy stops by this alone, and it is its only "
              "regularisation."},
      {.section = "solver",
       .name = "rtol",
       .type = KeyType::Number,
       .standard = 1e-6,
       .range = {.low = 0, .high = 1, .lowOpen = true, .highOpen = true},
       .when = map,
       .doc =
           "The solve ends when E - E* <= rtol (E(start) - E*), E the energy in nats and E* its minimum (estimated); "
           "of linear problems when ||r|| / ||b|| <= rtol."},
      {.section = "solver",
       .name = "precision",
       .standard = "double",
       .choices = {"double", "mixed"},
       .when = map,
       .doc =
           "Of ADMM's transforms. mixed: single until rtol is reached, then double until it is reached again: sooner "
           "there, but an estimate then depends on the number of ranks by some 1e-6 of its peak (double: 1e-10); with "
           "norms "
           "(total variation, starlets) by what rtol leaves open."},
      {.section = "solver",
       .name = "acceleration",
       .type = KeyType::Flag,
       .standard = false,
       .when = {"solver.method", {"richardson-lucy"}},
       .doc =
           "Richardson-Lucy with vector extrapolation (Biggs & Andrews 1997): fewer iterations for the same picture, "
           "and the same noise."},
      {.section = "solver",
       .name = "cutoff",
       .type = KeyType::Number,
       .standard = 1e-2,
       .range = {.low = 0, .high = 1, .lowOpen = true},
       .when = {"solver.method", {"pseudo-inverse"}},
       .doc = "Frequencies where the transfer function is below this fraction of its largest value are left out."},
      {.section = "solver",
       .name = "time_groups",
       .type = KeyType::Integer,
       .standardDoc = "the largest divisor of the ranks that is not above the frames",
       .range = {.low = 1, .high = 1e6},
       .doc = "Groups of ranks that share the frames; the ranks of a group share the pixels."},
      {.section = "convolution",
       .name = "engine",
       .standard = "auto",
       .choices = {"auto", "separable", "dense", "tiled", "global"},
       .doc = "How the PSF is applied. auto: the fastest, as timed on this problem. They agree to 1e-12."},
      {.section = "convolution",
       .name = "deterministic",
       .type = KeyType::Flag,
       .standard = false,
       .doc = "Choose by a rule and not by timing, so that two runs on the same ranks agree in every bit."},
      {.section = "posterior",
       .name = "samples",
       .type = KeyType::Integer,
       .standard = 0,
       .range = {.low = 0, .high = 1e6},
       .when = map,
       .doc = "Draws around the MAP estimate, one linear solve each; with 2 or more there is a map of the standard "
              "deviation, uncertain by a fraction 1 / sqrt(2 samples). Needs a prior that is a distribution. Pixels at "
              "the bound 0 get none (NaN, /maps/active)."},
      {.section = "posterior",
       .name = "seed",
       .type = KeyType::Integer,
       .standard = 1,
       .range = {.low = 0},
       .doc = "Seed of all random numbers: same seed, same draws, on any number of ranks."},
      {.section = "posterior",
       .name = "rtol",
       .type = KeyType::Number,
       .standard = 1e-4,
       .range = {.low = 0, .high = 1, .lowOpen = true, .highOpen = true},
       .when = map,
       .doc = "||r|| / ||b|| at which the solve of a sample ends."},
  };
}

}  // namespace

std::vector<Key> deconvolveKeys() {
  std::vector<Key> keys;
  for (auto& part :
       {deconvolveDataKeys(), psfKeys(), modelKeys(), spacePriorKeys(), timePriorKeys(), solverKeys(), outputKeys()})
    keys.insert(keys.end(), part.begin(), part.end());
  Key& fits = keys.back();  // most images have no place on the sky
  fits.standard = {};
  fits.standardDoc = "true where the data are FITS";
  fits.doc = "Write estimate, model, residual and std as FITS too, with the world coordinates of the data.";
  keys.push_back({.section = "output",
                  .name = "tiff",
                  .type = KeyType::Flag,
                  .standardDoc = "true where the data are TIFF",
                  .doc = "Write estimate, model, residual and std as ImageJ TIFF (32-bit) too."});
  for (Key& key : checkpointKeys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace lacuna
