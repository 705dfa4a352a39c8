#pragma once
/// Exit codes of every program (sysexits.h where one fits). Needs neither MPI nor PETSc.

namespace lacuna {

enum class ExitCode : int {
  Success = 0,         ///< converged
  IterationLimit = 3,  ///< stopped before rtol; the result is written and flagged
  Usage = 64,          ///< wrong command line
  BadData = 65,        ///< data that cannot be used as they are
  NoInput = 66,        ///< an input file that does not exist or cannot be read
  Diverged = 70,       ///< diverged, not finite, or an error inside the program
  CannotCreate = 73,   ///< an output that cannot be created
  IoError = 74,        ///< reading or writing failed half-way
  Checkpointed = 75,   ///< state saved; run the same command again
  BadConfig = 78       ///< an input file of settings that is wrong
};

}  // namespace lacuna
