#pragma once
#include "deconvolve/imaging_model.hpp"

namespace lacuna {

/// E[2 (mu - y + y ln(y / mu))] of a Poisson number y of mean mu: 1 + 1/(6 mu) + ... where mu is large, and less than 1
/// below mu = 0.6, where most y are 0. Relative error below 1e-3.
double expectedPoissonDeviance(double mu);

/// Collective. Deviance that data of this mean have by their noise alone, summed over the data used. Of truncated and
/// censored counts that of Poisson numbers.
double expectedDeviance(const ImagingModel& model, const DeconvolveOptions& options, Vec mean);

}  // namespace lacuna
