#pragma once
#include <string>

#include "base/exit_code.hpp"

namespace lacuna {

/// Why a solver stopped: the same for all of them.
struct Stopped {
  bool converged = false;  ///< reached its rtol
  bool limited = false;    ///< stopped at the iteration limit: the result is usable, and to be flagged
  std::string reason;      ///< in words
  int iterations = 0;
  ExitCode exitCode() const {
    return converged ? ExitCode::Success : limited ? ExitCode::IterationLimit : ExitCode::Diverged;
  }
};

}  // namespace lacuna
