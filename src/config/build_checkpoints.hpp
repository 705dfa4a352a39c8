#pragma once
#include <memory>
#include <string>
#include <vector>

#include "config/build_inputs.hpp"
#include "io/checkpointer.hpp"
#include "io/product.hpp"

namespace lacuna {

/// Collective. The keeper of the run's checkpoints, which has restored what the run is resumed from: to be made before
/// anything is planned, and to be told of all iterations. Throws 65 where an input file, or the grid, is not what it
/// was.
std::unique_ptr<Checkpointer> keepCheckpoints(MPI_Comm comm, StartedRun& run, RunLog& log, const Shape& unknown,
                                              const std::vector<std::string>& inputFiles);

/// Where the numbers of a run come from.
ProductOrigin originOf(const StartedRun& run, const Checkpointer& keeper, std::uint64_t seed);

}  // namespace lacuna
