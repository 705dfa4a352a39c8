#pragma once
#include "deconvolve/estimate.hpp"
#include "deconvolve/imaging_model.hpp"
#include "deconvolve/imaging_priors.hpp"

namespace lacuna {

/// Collective. The estimate that the options ask for: a closed form, Richardson-Lucy, or the MAP by the solver that
/// fits, with a strength found from the data where the priors leave one open. Throws what the parts throw.
Estimate estimateImage(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                       Observer* observer);

}  // namespace lacuna
