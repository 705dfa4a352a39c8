#include "config/key_tables.hpp"

namespace lacuna {

std::vector<Key> spectrumKeys(const std::string& section, const Condition& when) {
  const std::string model = section + ".spectrum_model";
  return {
      {.section = section,
       .name = "spectrum",
       .type = KeyType::Path,
       .when = when,
       .doc = "Text file of the angular power spectrum of the convergence: two columns, ell and C_ell [sr], # starts a "
              "comment. "
              "Linear between its points; beyond them the end values are held. It takes the place of spectrum_model."},
      {.section = section,
       .name = "spectrum_model",
       .standard = "matern",
       .choices = {"power-law", "matern", "squared-exponential"},
       .when = when,
       .rival = section + ".spectrum",
       .doc =
           "Formula of the spectrum (L = correlation_arcmin in radians, nu = smoothness, so that sd is the rms of the "
           "field): power-law: C_ell = amplitude (ell/1000)^slope, and 0 at ell = 0; matern: C_ell = sd^2 4 pi nu "
           "(2 nu / L^2)^nu / (2 nu / L^2 + ell^2)^(nu + 1); squared-exponential: C_ell = 2 pi sd^2 L^2 "
           "exp(-ell^2 L^2 / 2)."},
      {.section = section,
       .name = "amplitude",
       .type = KeyType::Number,
       .unit = "sr",
       .required = true,
       .range = {.low = 0, .lowOpen = true},
       .when = {model, {"power-law"}},
       .doc = "C_ell of the power law at ell = 1000."},
      {.section = section,
       .name = "slope",
       .type = KeyType::Number,
       .required = true,
       .range = {.low = -10, .high = 10},
       .when = {model, {"power-law"}},
       .doc = "Exponent of the power law in ell; negative where large structures dominate."},
      {.section = section,
       .name = "sd",
       .type = KeyType::Number,
       .standard = 0.02,
       .range = {.low = 0, .lowOpen = true},
       .when = {model, {"matern", "squared-exponential"}},
       .doc =
           "Standard deviation (rms) of the convergence, all scales together; it does not depend on the pixel size."},
      {.section = section,
       .name = "correlation_arcmin",
       .type = KeyType::Number,
       .unit = "arcmin",
       .standard = 10.0,
       .range = {.low = 0, .lowOpen = true},
       .when = {model, {"matern", "squared-exponential"}},
       .doc = "Correlation length L of the convergence."},
      {.section = section,
       .name = "smoothness",
       .type = KeyType::Number,
       .standard = 0.3,
       .range = {.low = 0, .high = 50, .lowOpen = true},
       .when = {model, {"matern"}},
       .doc =
           "Matern's nu: C_ell falls as ell^(-2 nu - 2) at small scales; 0.5 is the exponential covariance. The three "
           "defaults are within a factor of 2 of flat LCDM for sources near redshift 1 at ell 30 to 3000."},
  };
}

std::vector<Key> outputKeys() {
  return {
      {.section = "output",
       .name = "name",
       .standardDoc = "the configuration file's name without .toml",
       .doc = "Stem of the files written: NAME.h5 and what goes with it. A plain name without a folder."},
      {.section = "output",
       .name = "folder",
       .type = KeyType::Path,
       .standard = ".",
       .standardDoc = "the working directory",
       .doc = "Folder of the files written; it must exist."},
      {.section = "output",
       .name = "fits",
       .type = KeyType::Flag,
       .standard = true,
       .doc = "Write the main results as FITS too."},
  };
}

std::vector<Key> checkpointKeys() {
  return {
      {.section = "checkpoint",
       .name = "every_seconds",
       .type = KeyType::Number,
       .unit = "s",
       .standard = 900.0,
       .range = {.low = 0, .high = 1e9},
       .doc = "The state of the run is saved after this time, for --resume; 0: at every iteration. It is saved on "
              "SIGUSR1, SIGUSR2, SIGTERM and at --max-hours in any case. The checkpoints go when the product is "
              "complete."},
      {.section = "checkpoint",
       .name = "keep",
       .type = KeyType::Integer,
       .standard = 3,
       .range = {.low = 1, .high = 1000},
       .doc = "How many checkpoints are kept, the newest ones: NAME.ckpt.001.h5, ..."},
      {.section = "checkpoint",
       .name = "folder",
       .type = KeyType::Path,
       .standardDoc = "the folder of the output",
       .doc = "Folder of the checkpoints; it must exist. All ranks write to it."},
  };
}

Key projectionKey() {
  return {.section = "grid",
          .name = "projection",
          .standard = "gnomonic",
          .choices = {"gnomonic", "none"},
          .doc =
              "gnomonic: tangent plane at center_deg (FITS TAN), shear rotated to grid north. none: the columns are RA "
              "and the rows Dec "
              "in equal steps of degrees, without cos(Dec) and without rotation (FITS CAR)."};
}

Key padFactorKey() {
  return {.section = "grid",
          .name = "pad_factor",
          .type = KeyType::Number,
          .standard = 2.0,
          .range = {.low = 1, .high = 8},
          .doc =
              "Extent of the padded grid in units of nx and ny; the result is cut back. 1: no padding, the field is "
              "periodic and exactly nx x ny."};
}

}  // namespace lacuna
