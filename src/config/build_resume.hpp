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
  /// A log that is resumed goes on.
  RunLog::Mode logMode() const { return from ? RunLog::Mode::Append : RunLog::Mode::Truncate; }
};

/// Collective. Whether --resume was given and there is a finished product of these inputs: nothing is left to do.
/// Throws 78 where the product was made from another configuration and --overwrite is not given.
bool isFinished(MPI_Comm comm, const CommandLine& line, const Inputs& inputs);

/// Collective. The newest checkpoint that is whole (--resume auto), or the one of the name given. Throws 73 where there
/// are checkpoints and neither --resume nor --overwrite is given; 65 where a checkpoint is not this run's, or the one
/// that was named is damaged; 78, naming the key, where the configuration has changed since.
Resumption findCheckpoint(MPI_Comm comm, const CommandLine& line, const Inputs& inputs);

}  // namespace lacuna
