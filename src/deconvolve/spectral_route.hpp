#pragma once
#include "deconvolve/estimate.hpp"
#include "deconvolve/imaging_data.hpp"
#include "deconvolve/imaging_priors.hpp"
#include "deconvolve/options.hpp"

namespace lacuna {

/// Wiener filter and pseudo-inverse: counts - background, over the noise or the exposure, are extended by reflection
/// (options.pad), taken as periodic, and divided in Fourier space. Collective. Throws 65 where no frame has an
/// exposure, and from the pseudo-inverse where some frame has none, 78 where the noise or the exposure varies within a
/// frame.
Estimate spectralEstimate(const ImagingData& data, const Cube& unknown, const std::vector<Psf>& psfs,
                          const SpacePrior& prior, const DeconvolveOptions& options);

/// The cube extended by `pad` pixels on both sides of every axis longer than one. Collective.
Cube paddedCube(const Cube& cube, PetscInt pad);

}  // namespace lacuna
