/// A program that ends in the way its first word says; see farewell.py.
#include <mpi.h>

#include <cstdio>
#include <new>

#include "base/error.hpp"
#include "base/run.hpp"

using namespace lacuna;

namespace {

ExitCode job(const std::vector<std::string>& words) {
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const std::string how = words.empty() ? "" : words.front();
  const int rank = rankOf(comm), last = sizeOf(comm) - 1;
  if (how == "words" && rank == 0)
    for (const std::string& word : words) std::printf("[%s]\n", word.c_str());
  if (how == "limit") return ExitCode::IterationLimit;
  if (how == "all") throw Error(ExitCode::BadData, "the same trouble");
  if (how == "first" && rank == 0) throw Error(ExitCode::BadData, "mine alone");
  if (how == "last" && rank == last) throw Error(ExitCode::NoInput, "mine alone");
  if (how == "silent" && rank == last) throw Error(ExitCode::IoError, "");
  if (how == "together")
    together(comm, [&] {
      if (rank == last) throw Error(ExitCode::BadConfig, "told to all");
    });
  if (how == "memory") throw std::bad_alloc();
  if (how == "odd") throw 42;
  if (how == "stuck") {  // the others wait for a rank that never comes
    if (rank == last) throw Error(ExitCode::CannotCreate, "left the others");
    checkMpi(MPI_Barrier(comm));
  }
  if (how == "options") rejectUnusedPetscOptions();
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, job); }
