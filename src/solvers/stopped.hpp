#pragma once
#include <string>

#include "base/exit_code.hpp"
#include "base/state.hpp"

namespace lacuna {

/// nats: a gap that counts nowhere, not even where the start was the optimum.
inline constexpr double leastGap = 1e-13;

/// Why a solver stopped: the same for all of them.
struct Stopped {
  bool converged = false;  ///< reached its rtol
  bool limited = false;    ///< stopped at the iteration limit: the result is usable, and to be flagged
  std::string reason;      ///< in words
  int iterations = 0;
  /// Adds all of it to the state of a stage that keeps a result.
  State& keepIn(State& state) {
    return state.value("converged", converged)
        .value("limited", limited)
        .value("reason", reason)
        .value("iterations", iterations);
  }
  ExitCode exitCode() const {
    return converged ? ExitCode::Success : limited ? ExitCode::IterationLimit : ExitCode::Diverged;
  }
};

}  // namespace lacuna
