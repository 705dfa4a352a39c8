#pragma once
#include <petscsys.h>

#include <limits>
#include <string>

#include "config/inputs.hpp"
#include "priors/spectrum.hpp"

namespace lacuna {

/// A power spectrum that a configuration asks for.
struct BuiltSpectrum {
  Spectrum power;
  std::string text;  ///< "spectrum FILE (42 rows)", "matern, sd 0.02, ...": for the notes of a product
  double lowestEll = 0, highestEll = std::numeric_limits<double>::infinity();  ///< beyond them the end values are held

  /// A warning where a grid has modes beyond the table, else empty. The mode 0 does not count.
  std::string warning(double gridLowestEll, double gridHighestEll) const;
};

/// Collective. From the keys `spectrum` or `spectrum_model` of a section ("prior", "sky"); a file is read by rank 0.
/// Throws as readSpectrum.
BuiltSpectrum buildSpectrum(MPI_Comm comm, const Inputs& inputs, const std::string& section);

}  // namespace lacuna
