#pragma once
#include <string>
#include <vector>

#include "config/build_checkpoints.hpp"
#include "deconvolve/deconvolve_output.hpp"
#include "deconvolve/imaging_priors.hpp"
#include "io/run_log.hpp"

namespace lacuna {

/// What lacuna-deconvolve and lacuna-solve do once the data and how they came about are known: the estimate, how well
/// it fits, draws around it, the product. `notes`: on choices made for the user. Collective.
ExitCode solveAndWrite(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                       const StartedRun& run, const ProductStack& stack, const std::vector<std::string>& notes,
                       Checkpointer& keeper, RunLog& log, DeconvolveOutput& out);

}  // namespace lacuna
