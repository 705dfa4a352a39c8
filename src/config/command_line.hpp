#pragma once
/// The command line that all programs share:
///   lacuna-X CONFIG.toml [--set section.key=value]... [--plan] [--check] [--resume auto|FILE] [--max-hours H]
///   [--overwrite] [--help-keys] [--help] [--version] [-- PETSc options]
/// Needs neither MPI nor PETSc; the part after "--" is taken away before (base/run.hpp).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace lacuna {

struct CommandLine {
  std::string config;                 ///< path of the configuration file
  std::vector<std::string> settings;  ///< words after --set, in order
  bool plan = false;                  ///< print the memory plan and stop
  bool check = false;                 ///< run the checks on the user's own problem
  bool checkSigns = false;            ///< lacuna-massmap: try the four flips of the shear
  bool makesProduct() const { return !plan && !check && !checkSigns; }

  std::string resume;      ///< "auto", or a checkpoint; empty: begin afresh
  double maxHours = 0;     ///< save and stop before so many hours are over; 0: no limit
  bool overwrite = false;  ///< replace a finished product
  /// Set by --help, --help-keys and --version: print this and leave with exit code 0. All else is then unset.
  std::optional<std::string> answer;
};

/// `words`: the command line without the program's name and without what follows "--". `version`: the answer to
/// --version. Throws Error (Usage) with a hint.
CommandLine parseCommandLine(Program program, const std::vector<std::string>& words, std::string_view version);

}  // namespace lacuna
