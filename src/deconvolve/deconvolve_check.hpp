#pragma once
#include <vector>

#include "deconvolve/imaging_model.hpp"
#include "deconvolve/imaging_priors.hpp"
#include "solvers/self_check.hpp"

namespace lacuna {

/// The checks of --check on the user's own problem: adjoint of the blur, gradients of likelihood and priors, symmetry
/// of the curvature, and the blur built again on half of the ranks. Collective.
std::vector<CheckLine> checkDeconvolution(const ImagingModel& model, const ImagingPriors& priors,
                                          const DeconvolveOptions& options);

}  // namespace lacuna
