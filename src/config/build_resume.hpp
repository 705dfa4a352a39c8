#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/command_line.hpp"
#include "config/inputs.hpp"
#include "io/checkpointer.hpp"
#include "io/product.hpp"

namespace lacuna {

/// Where a run begins: afresh, or from a checkpoint.
struct Resumption {
  std::unique_ptr<const CheckpointFile> from;  ///< null: afresh
  std::vector<std::string> notes;              ///< what was found and not taken; for the log
  bool raised = false;                         ///< `from` stopped at a lower limit of iterations
  /// A log that is resumed goes on.
  RunLog::Mode logMode() const { return from ? RunLog::Mode::Append : RunLog::Mode::Replace; }
};

/// What --resume finds under the name of the product.
enum class Earlier {
  Nothing,   ///< that counts: a product that is to be replaced, or --resume was not given
  Absent,    ///< no product: other files of its name are left of a run that was killed while it finished
  Finished,  ///< a product of these inputs: nothing is left to do
  Limited    ///< one that stopped at a lower limit of iterations, with a checkpoint from which it goes on
};

/// Collective. Nothing, if --resume was not given. Where --overwrite is not given, throws 78 if the product was made
/// from another configuration, 65 if from other files (those that are still there are compared).
Earlier earlierProduct(MPI_Comm comm, const CommandLine& line, const Inputs& inputs);

/// Collective. The newest checkpoint that is whole (--resume auto), or the one of the name given; where the run has
/// stopped at its limit of iterations and that is now higher, the one from there. Throws 73 where there
/// are checkpoints and neither --resume nor --overwrite is given; 65 where a checkpoint is not this run's, or the one
/// that was named is damaged; 78, naming the key, where the configuration has changed since.
Resumption findCheckpoint(MPI_Comm comm, const CommandLine& line, const Inputs& inputs);

}  // namespace lacuna
