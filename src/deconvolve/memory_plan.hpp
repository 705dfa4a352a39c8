#pragma once
#include "base/memory_plan.hpp"
#include "deconvolve/imaging_priors.hpp"
#include "deconvolve/options.hpp"

namespace lacuna {

/// Collective. What a deconvolution keeps in memory on this rank.
MemoryPlan planDeconvolve(const Cube& data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const ImagingPriors& priors, const DeconvolveOptions& options, int fields);

}  // namespace lacuna
