#pragma once
#include "operators/convolution_engine.hpp"

namespace lacuna {

struct PlannedEngine {
  std::unique_ptr<const ConvolutionEngine> engine;
  std::string text;  ///< what was chosen, and why
};

/// Collective. The engine of that name, or with "auto" the fastest: those that a rule of thumb expects within a factor
/// of 3 of the best are built and timed (H and H^T, the slowest rank counts), the same one is taken on all ranks.
/// `deterministic`: the one that the rule expects to be best. Throws 78 on an engine that is unknown or unable.
PlannedEngine planConvolution(const ConvolutionProblem& problem, const std::string& engine, bool deterministic);

}  // namespace lacuna
