#pragma once
#include <cstdint>
#include <string>

#include "operators/convolution.hpp"

namespace lacuna {

enum class DeconvolveMethod { Map, RichardsonLucy, Wiener, PseudoInverse };
enum class Positivity { Bound, Exponential, None };

/// How lacuna-deconvolve goes about it.
struct DeconvolveOptions {
  DeconvolveMethod method = DeconvolveMethod::Map;
  Positivity positivity = Positivity::Bound;
  std::string algorithm = "auto";  ///< "auto", "admm", "newton", "quasi-newton"
  std::string noise = "poisson";
  double ceiling = 0;  ///< of a detector, counts
  Boundary boundary = Boundary::Zero;
  Region region = Region::Same;
  bool stack = false;  ///< the frames of the data are epochs of one image
  PetscInt pad = 0;    ///< Wiener, pseudo-inverse
  int iterations = 5000;
  double rtol = 1e-6;
  bool mixedPrecision = false;  ///< ADMM
  bool acceleration = false;    ///< Richardson-Lucy
  double cutoff = 1e-2;         ///< pseudo-inverse
  std::string engine = "auto";
  bool deterministic = false;
  int samples = 0;
  std::uint64_t seed = 1;
  double sampleRtol = 1e-4;
};

}  // namespace lacuna
