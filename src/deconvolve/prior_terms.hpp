#pragma once
#include <memory>
#include <string>
#include <vector>

#include "deconvolve/imaging_priors.hpp"
#include "grid/cube.hpp"
#include "model/sum_of_terms.hpp"
#include "priors/sparsity.hpp"
#include "priors/spectral_range.hpp"

namespace lacuna {

/// A prior as an energy.
struct PriorTerm {
  TermPointer term;
  std::shared_ptr<const FactoredTerm> factored;  ///< the same, where samplers can perturb it; else null
  std::shared_ptr<const Sparsity> sparsity;      ///< the same, where it is an l1 norm; else null
  bool onLog = false;                            ///< of the logarithm of the image
};

/// Collective. The energies of the priors on the cube of the unknown. Strengths that the configuration leaves open are
/// `strength`; `level` (the typical brightness) stands in for levels and means that it leaves open, and says below
/// which size the corners of l1 norms are rounded: `corner` of it.
constexpr double defaultCorner = 1e-3;
std::vector<PriorTerm> priorTerms(const ImagingPriors& priors, const Cube& unknown, double strength, double level,
                                  double corner = defaultCorner);

/// Collective. What a Gaussian field with P = 0 at some modes leaves of the image, or of its logarithm; null where all
/// modes vary.
std::shared_ptr<const SpectralRange> rangeOf(const ImagingPriors& priors, const Cube& unknown);

}  // namespace lacuna
