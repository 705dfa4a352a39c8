#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/exit_code.hpp"

namespace lacuna {

/// Body of every main(). Splits the command line at "--" (what follows goes to PETSc), starts MPI and PETSc
/// without .petscrc and PETSC_OPTIONS, runs `job` with the words before "--", and says farewell: whatever
/// was thrown is printed once, all ranks leave with the same exit code, and if some rank does not come to
/// the farewell within 3 s of a failure the job is aborted with that code, so that no rank is left hanging.
/// Everything the job owns must be gone when it returns: it finishes before MPI_Finalize.
int run(int argc, char** argv, const std::function<ExitCode(const std::vector<std::string>&)>& job);

/// Collective. Stops (exit 64) if a PETSc option was given that no object has asked for. Call it when all objects
/// are built and before the first solve.
void rejectUnusedPetscOptions();

}  // namespace lacuna
