#pragma once
#include <memory>
#include <string>
#include <vector>

#include "deconvolve/estimate.hpp"
#include "deconvolve/imaging_model.hpp"
#include "io/product.hpp"
#include "io/run_log.hpp"

namespace lacuna {

/// Everything a deconvolution makes. Null handles: not made.
struct DeconvolveResults {
  Estimate estimate;
  VecHandle residual;  ///< of the data: (counts - mean) / sd of the noise; NaN where masked
  VecHandle std;       ///< of the unknown
  std::vector<double> fluxIn, fluxOut;
  /// What the run found, in a few lines. Rank-local.
  std::string summary() const;
};

/// Collective. Residual, deviance and fluxes of an estimate.
void judge(const ImagingModel& model, const DeconvolveOptions& options, DeconvolveResults& results);

/// (counts - mean) weight^(1/2), NaN where masked, with the weights of the noise at the mean: its inverse variance.
VecHandle standardisedResidual(const ImagingData& data, Vec mean, Vec weights);

/// /grid, /maps and /series; `stack` tells where the data lie in their file. Collective.
void writeImages(Product& product, const ImagingModel& model, const DeconvolveResults& results,
                 const ProductStack& stack);
/// The iterations of all solvers of an estimate, one after the other.
std::vector<Progress> historyOf(const RunLog& log, const Estimate& estimate);
/// /notes on the estimate: how it was found and how good it is. Collective.
void writeNotes(Product& product, const ImagingModel& model, const DeconvolveResults& results);

}  // namespace lacuna
