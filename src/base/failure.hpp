#pragma once
/// The root of every exception of this library. Needs neither MPI nor PETSc, so that the config reader
/// can be built and fuzzed alone.
#include <stdexcept>
#include <string>

#include "base/exit_code.hpp"

namespace lacuna {

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
  /// A failure that is nobody's input: exit code 70.
  explicit Error(const std::string& text) : Error(ExitCode::Diverged, text) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

}  // namespace lacuna
