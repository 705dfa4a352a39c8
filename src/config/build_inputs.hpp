#pragma once
#include <petscsys.h>

#include <optional>
#include <string>
#include <vector>

#include "config/build_resume.hpp"
#include "config/command_line.hpp"
#include "config/inputs.hpp"

namespace lacuna {

/// What every program begins with.
struct StartedRun {
  CommandLine line;
  Inputs inputs;
  std::string command;  ///< the command line as typed, for /provenance
  Resumption resumption;
};

/// Collective. Parses the words before "--", reads the configuration on rank 0 and parses its text on all ranks; prints
/// notes about keys that do not count. Nothing, after printing the answer, where --help, --help-keys or --version was
/// asked for, and where --resume finds the run finished. Throws 64, 66, 78, and what findCheckpoint throws.
std::optional<StartedRun> startRun(MPI_Comm comm, Program program, const std::vector<std::string>& words);

}  // namespace lacuna
