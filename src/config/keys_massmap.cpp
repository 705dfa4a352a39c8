#include "config/key_tables.hpp"

namespace lacuna {
namespace {

const Condition fromCatalogue{"data.kind", {"catalogue"}};
const Condition withPrior{"solver.method", {"wiener"}};
constexpr double maxSize = 1e6;

std::vector<Key> gridKeys() {
  return {
      {.section = "grid",
       .name = "pixel_arcmin",
       .type = KeyType::Number,
       .unit = "arcmin",
       .standardDoc = "from the data",
       .range = {.low = 0, .high = 600, .lowOpen = true},
       .doc = "Side of a pixel. Without it: of a catalogue, what makes a given nx or ny hold all galaxies, else what "
              "holds about 15 of them; of maps, what their file says (FITS WCS, or a product of lacuna)."},
      {.section = "grid",
       .name = "nx",
       .type = KeyType::Integer,
       .unit = "pixels",
       .standardDoc = "what holds the data",
       .range = {.low = 1, .high = maxSize},
       .doc = "Columns of the map, along +RA."},
      {.section = "grid",
       .name = "ny",
       .type = KeyType::Integer,
       .unit = "pixels",
       .standardDoc = "what holds the data",
       .range = {.low = 1, .high = maxSize},
       .doc = "Rows of the map, along +Dec."},
      {.section = "grid",
       .name = "center_deg",
       .type = KeyType::Numbers,
       .unit = "deg",
       .standardDoc = "middle of the galaxies; of maps, what their file says",
       .range = {.low = -360, .high = 360},
       .length = 2,
       .doc = "RA and Dec of the centre of the map, [RA, Dec]."},
      projectionKey(),
      padFactorKey(),
  };
}

std::vector<Key> priorKeys() {
  std::vector<Key> keys{{.section = "prior",
                         .name = "kind",
                         .standard = "gaussian",
                         .choices = {"gaussian", "flat"},
                         .when = withPrior,
                         .doc = "gaussian: the convergence is a Gaussian random field with the spectrum below and mean "
                                "0. flat: none; what is left is the likelihood, whose maximum is the map of "
                                "solver.method = \"null-b\", without error bars."}};
  for (auto& key : spectrumKeys("prior", {"prior.kind", {"gaussian"}})) keys.push_back(std::move(key));
  return keys;
}

std::vector<Key> solverKeys() {
  return {
      {.section = "noise",
       .name = "shape_sd",
       .type = KeyType::Number,
       .standardDoc = "measured from the catalogue",
       .range = {.low = 0, .high = 10, .lowOpen = true},
       .when = fromCatalogue,
       .doc = "Shape noise: standard deviation of one ellipticity component of one galaxy, after the division by "
              "responsivity. The noise variance of a pixel is shape_sd^2 sum w^2 / (sum w (1 + m))^2."},
      {.section = "noise",
       .name = "rotations",
       .type = KeyType::Integer,
       .standard = 0,
       .range = {.low = 0, .high = 10000},
       .when = fromCatalogue,
       .doc =
           "Noise realisations to write: maps of the same galaxies with every ellipticity turned by a random angle."},
      {.section = "solver",
       .name = "method",
       .standard = "wiener",
       .choices = {"wiener", "kaiser-squires", "null-b"},
       .doc =
           "wiener: posterior mean under the Gaussian prior, with error bars. kaiser-squires: direct inversion, masked "
           "pixels as zero, smoothed. null-b: weighted least squares without B modes, minimum norm where masked."},
      {.section = "solver",
       .name = "rtol",
       .type = KeyType::Number,
       .standardDoc = "1e-6 for wiener, 1e-2 for null-b",
       .range = {.low = 0, .high = 1, .lowOpen = true, .highOpen = true},
       .when = {"solver.method", {"wiener", "null-b"}},
       .doc = "The solve ends at ||r|| / ||b|| <= rtol, in the whitened variable. With null-b stopping early is what "
              "keeps the noise down where nothing was measured: a smaller rtol fits noise, and takes long."},
      {.section = "solver",
       .name = "iterations",
       .type = KeyType::Integer,
       .standard = 1000,
       .range = {.low = 1, .high = 1e9},
       .when = {"solver.method", {"wiener", "null-b"}},
       .doc = "Limit. A run that stops there writes its result, says so, and leaves with exit code 3; with a higher "
              "limit --resume auto goes on from there."},
      {.section = "solver",
       .name = "smoothing_arcmin",
       .type = KeyType::Number,
       .unit = "arcmin",
       .standard = 1.0,
       .range = {.low = 0, .high = 1e4},
       .doc = "Standard deviation (not FWHM) of the Gaussian that smooths Kaiser-Squires maps, kappa_ks of the other "
              "methods too; 0: none."},
      {.section = "posterior",
       .name = "samples",
       .type = KeyType::Integer,
       .standard = 50,
       .range = {.low = 0, .high = 1e6},
       .when = withPrior,
       .doc = "Posterior samples to draw, one solve each; with 2 or more the map gets its std and S/N. The std of n "
              "samples is uncertain "
              "by a fraction 1 / sqrt(2 n)."},
      {.section = "posterior",
       .name = "seed",
       .type = KeyType::Integer,
       .standard = 1,
       .range = {.low = 0},
       .doc = "Seed of all random numbers of the run: same seed, same draws, on any number of ranks."},
      {.section = "posterior",
       .name = "std",
       .standard = "samples",
       .choices = {"samples", "exact"},
       .when = withPrior,
       .doc = "Where the standard deviation comes from: samples, or exact: one solve for each pixel, at most 10^4 "
              "unknowns "
              "(padding included)."},
      {.section = "posterior",
       .name = "rtol",
       .type = KeyType::Number,
       .standard = 1e-5,
       .range = {.low = 0, .high = 1, .lowOpen = true, .highOpen = true},
       .when = withPrior,
       .doc = "As [solver] rtol, for the solves of samples and of the exact std: 1e-5 is far below the noise of a "
              "sample."},
      {.section = "peaks",
       .name = "threshold",
       .type = KeyType::Number,
       .unit = "S/N",
       .standard = 3.0,
       .range = {.low = 0, .high = 1000},
       .doc = "A peak is a pixel above its 8 neighbours with S/N of at least this."},
  };
}

}  // namespace

std::vector<Key> massmapKeys() {
  std::vector<Key> keys;
  for (const auto& part : {massmapDataKeys(), gridKeys(), solverKeys(), outputKeys(), checkpointKeys()}) {
    for (const auto& key : part) {
      // [prior] stands between [noise] and [solver].
      if (key.section == "solver" && keys.back().section == "noise")
        for (auto& prior : priorKeys()) keys.push_back(std::move(prior));
      keys.push_back(key);
    }
  }
  return keys;
}

}  // namespace lacuna
