#pragma once
/// Errors under MPI. PETSc and MPI codes become exceptions with their own text; a failure on one rank
/// becomes the same RankError on all.
#include <petscsys.h>

#include <concepts>
#include <exception>
#include <source_location>
#include <string>

#include "base/failure.hpp"

namespace lacuna {

/// A PETSc call returned `petscCode`; what() holds PETSc's message and our file:line.
class PetscFailure : public Error {
 public:
  PetscFailure(PetscErrorCode code, const std::string& text) : Error(text), petscCode(code) {}
  PetscErrorCode petscCode;
};

/// A rank-local failure, raised on every rank of the communicator. what() is the same on all ranks.
class RankError : public Error {
 public:
  RankError(ExitCode code, int failedRank, const std::string& text) : Error(code, text), rank(failedRank) {}
  int rank;  ///< lowest rank that failed
};

/// check(VecNorm(x, NORM_2, &n)): throws PetscFailure if the call failed. Used around every PETSc call. If a callback
/// threw inside it, that exception comes out as itself.
[[noreturn]] void throwPetsc(PetscErrorCode code, std::source_location where);
inline void check(PetscErrorCode code, std::source_location where = std::source_location::current()) {
  if (code) [[unlikely]]
    throwPetsc(code, where);
}

/// The same around calls that read PETSc's options: what is wrong with these is the user's, exit code 64.
void checkOptions(PetscErrorCode code);

/// checkMpi(MPI_Bcast(...)): the same for MPI, whose errors return in silence once PETSc has started.
[[noreturn]] void throwMpi(int code, std::source_location where);
inline void checkMpi(int code, std::source_location where = std::source_location::current()) {
  if (code != MPI_SUCCESS) [[unlikely]]
    throwMpi(code, where);
}

int rankOf(MPI_Comm comm);
int sizeOf(MPI_Comm comm);

/// Collective. Raises RankError on all ranks if `failure` is set on any of them. A failure that is already
/// the same on all ranks (a RankError) keeps its text.
void agree(MPI_Comm comm, const std::exception_ptr& failure);

/// Collective. Sum over ranks of a rank-local number. If `local` throws anywhere, every rank throws:
/// the failure flag travels in the reduction that the sum needs anyway, so it costs no latency.
double sumOver(MPI_Comm comm, double local, const std::exception_ptr& failure);
template <std::invocable F>
double sumOver(MPI_Comm comm, F&& local) {
  double part = 0;
  std::exception_ptr failure;
  try {
    part = local();
  } catch (...) {
    failure = std::current_exception();
  }
  return sumOver(comm, part, failure);
}

/// Collective. Runs rank-local work; if it throws on any rank, it throws on all.
template <std::invocable F>
void together(MPI_Comm comm, F&& work) {
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  agree(comm, failure);
}

/// Collective. Runs `work` on rank 0 alone; a failure there is thrown on all ranks, without "rank 0:".
void onRankZero(MPI_Comm comm, const std::exception_ptr& failure);
template <std::invocable F>
void onRankZero(MPI_Comm comm, F&& work) {
  std::exception_ptr failure;
  if (rankOf(comm) == 0) {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  onRankZero(comm, failure);
}

/// Collective. The string of rank `root` on all ranks.
std::string broadcast(MPI_Comm comm, std::string text, int root = 0);

}  // namespace lacuna
