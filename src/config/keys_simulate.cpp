#include "config/key_tables.hpp"

namespace lacuna {
namespace {

const Condition withField{"sky.kind", {"gaussian", "log-normal"}};
constexpr double maxSize = 1e6;

std::vector<Key> gridKeys() {
  return {
      {.section = "grid",
       .name = "pixel_arcmin",
       .type = KeyType::Number,
       .unit = "arcmin",
       .required = true,
       .range = {.low = 0, .high = 600, .lowOpen = true},
       .doc = "Side of a pixel of the true maps."},
      {.section = "grid",
       .name = "nx",
       .type = KeyType::Integer,
       .unit = "pixels",
       .required = true,
       .range = {.low = 1, .high = maxSize},
       .doc = "Columns of the field, along +RA."},
      {.section = "grid",
       .name = "ny",
       .type = KeyType::Integer,
       .unit = "pixels",
       .required = true,
       .range = {.low = 1, .high = maxSize},
       .doc = "Rows of the field, along +Dec."},
      {.section = "grid",
       .name = "center_deg",
       .type = KeyType::Numbers,
       .unit = "deg",
       .standard = std::vector<double>{0, 0},
       .range = {.low = -360, .high = 360},
       .length = 2,
       .doc = "RA and Dec of the centre of the field, [RA, Dec]."},
      projectionKey(),
      padFactorKey(),
  };
}

std::vector<Key> skyKeys() {
  std::vector<Key> keys{{.section = "sky",
                         .name = "kind",
                         .standard = "gaussian",
                         .choices = {"gaussian", "log-normal", "none"},
                         .doc = "Random part of the convergence: a Gaussian field, a log-normal one with the same "
                                "spectrum, or none (haloes alone)."}};
  for (auto& key : spectrumKeys("sky", withField)) keys.push_back(std::move(key));
  keys.push_back({.section = "sky",
                  .name = "shift",
                  .type = KeyType::Number,
                  .standard = 0.02,
                  .range = {.low = 0, .high = 10, .lowOpen = true},
                  .when = {"sky.kind", {"log-normal"}},
                  .doc = "kappa = shift (exp(s - var(s)/2) - 1) with a Gaussian s: -shift is the least convergence, "
                         "that of an empty line of sight."});
  return keys;
}

std::vector<Key> haloKeys() {
  const std::vector<double> none;
  return {
      {.section = "haloes",
       .name = "ra",
       .type = KeyType::Numbers,
       .unit = "deg",
       .standard = none,
       .range = {.low = -360, .high = 360},
       .doc = "RA of each halo (NFW profile). The lists of [haloes] have one entry for each halo."},
      {.section = "haloes",
       .name = "dec",
       .type = KeyType::Numbers,
       .unit = "deg",
       .standard = none,
       .range = {.low = -90, .high = 90},
       .doc = "Dec of each halo."},
      {.section = "haloes",
       .name = "m200_1e14_msun",
       .type = KeyType::Numbers,
       .unit = "1e14 solar masses",
       .standard = none,
       .range = {.low = 0, .high = 1000, .lowOpen = true},
       .doc = "Mass within the radius of 200 times the critical density, without factors of h."},
      {.section = "haloes",
       .name = "concentration",
       .type = KeyType::Numbers,
       .standard = none,
       .range = {.low = 0.1, .high = 100},
       .doc = "NFW concentration of each halo, r200 / r_s."},
      {.section = "haloes",
       .name = "redshift",
       .type = KeyType::Numbers,
       .standard = none,
       .range = {.low = 0, .high = 20, .lowOpen = true},
       .doc = "Redshift of each halo; a halo behind the sources does not lens."},
      {.section = "haloes",
       .name = "source_redshift",
       .type = KeyType::Number,
       .standard = 1.0,
       .range = {.low = 0, .high = 1100, .lowOpen = true},
       .doc = "Redshift of all sources."},
      {.section = "haloes",
       .name = "h0",
       .type = KeyType::Number,
       .unit = "km/s/Mpc",
       .standard = 70.0,
       .range = {.low = 10, .high = 200},
       .doc = "Hubble constant."},
      {.section = "haloes",
       .name = "omega_m",
       .type = KeyType::Number,
       .standard = 0.3,
       .range = {.low = 0, .high = 1, .lowOpen = true},
       .doc = "Matter density today; the universe is flat, Omega_Lambda = 1 - omega_m."},
  };
}

std::vector<Key> surveyKeys() {
  return {
      {.section = "galaxies",
       .name = "density_arcmin2",
       .type = KeyType::Number,
       .unit = "1/arcmin^2",
       .standard = 30.0,
       .range = {.low = 0, .high = 1e4, .lowOpen = true},
       .doc = "Mean number of galaxies per square arcminute of the unmasked field (Poisson)."},
      {.section = "galaxies",
       .name = "shape_sd",
       .type = KeyType::Number,
       .standard = 0.26,
       .range = {.low = 0, .high = 1},
       .doc = "Shape noise: standard deviation of one ellipticity component of one galaxy of weight 1."},
      {.section = "galaxies",
       .name = "weight_scatter",
       .type = KeyType::Number,
       .standard = 0.0,
       .range = {.low = 0, .high = 2},
       .doc = "Standard deviation of ln(weight); the median weight is 1, and the shapes do not depend on it. 0: all "
              "weights are 1."},
      {.section = "galaxies",
       .name = "redshift_column",
       .type = KeyType::Flag,
       .standard = false,
       .doc = "Write the column redshift to the catalogue: haloes.source_redshift for every galaxy."},
      {.section = "mask",
       .name = "border_arcmin",
       .type = KeyType::Number,
       .unit = "arcmin",
       .standard = 0.0,
       .range = {.low = 0, .high = 1e5},
       .doc = "Width of the empty border along the four edges."},
      {.section = "mask",
       .name = "holes",
       .type = KeyType::Integer,
       .standard = 0,
       .range = {.low = 0, .high = 1e6},
       .doc = "Number of round holes (bright stars) at random places."},
      {.section = "mask",
       .name = "hole_radius_arcmin",
       .type = KeyType::Numbers,
       .unit = "arcmin",
       .standard = std::vector<double>{0.5, 2},
       .range = {.low = 0, .high = 1e4},
       .length = 2,
       .doc = "Least and largest radius of a hole, [min, max]; radii are uniform in between."},
      {.section = "mask",
       .name = "star_ra",
       .type = KeyType::Numbers,
       .unit = "deg",
       .standard = std::vector<double>{},
       .range = {.low = -360, .high = 360},
       .doc =
           "RA of holes (bright stars) at given places, beside the random ones. The lists star_... have one entry for "
           "each."},
      {.section = "mask",
       .name = "star_dec",
       .type = KeyType::Numbers,
       .unit = "deg",
       .standard = std::vector<double>{},
       .range = {.low = -90, .high = 90},
       .doc = "Dec of each of them."},
      {.section = "mask",
       .name = "star_radius_arcmin",
       .type = KeyType::Numbers,
       .unit = "arcmin",
       .standard = std::vector<double>{},
       .range = {.low = 0, .high = 1e4},
       .doc = "Radius of each of them."},
  };
}

std::vector<Key> randomKeys() {
  return {
      {.section = "random",
       .name = "seed",
       .type = KeyType::Integer,
       .standard = 1,
       .range = {.low = 0},
       .doc = "Same seed, same survey or movie, on any number of ranks."},
  };
}

}  // namespace

std::vector<Key> simulateKeys() {
  std::vector<Key> keys{{.section = "simulation",
                         .name = "kind",
                         .standard = "survey",
                         .choices = {"survey", "movie"},
                         .doc = "survey: galaxies whose shear is known ([grid] to [mask]). movie: photon counts of "
                                "moving and blinking sources, blurred, with their truth ([movie])."}};
  for (const auto& part : {gridKeys(), skyKeys(), haloKeys(), surveyKeys()})
    for (Key key : part) {
      if (key.when.key.empty()) key.when = {"simulation.kind", {"survey"}};
      keys.push_back(std::move(key));
    }
  for (const auto& part : {movieKeys(), randomKeys(), outputKeys()})
    for (const auto& key : part) keys.push_back(key);
  keys.push_back({.section = "output",
                  .name = "tiff",
                  .type = KeyType::Flag,
                  .standard = false,
                  .when = {"simulation.kind", {"movie"}},
                  .doc = "Write the movie and its truth as TIFF for ImageJ too."});
  return keys;
}

}  // namespace lacuna
