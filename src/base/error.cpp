#include "base/error.hpp"

#include <array>
#include <climits>
#include <sstream>

#include "base/petsc_messages.hpp"
#include "base/trampoline.hpp"

namespace lacuna {
namespace {

/// Code and text of an exception. A RankError already names its rank.
struct Told {
  int code = static_cast<int>(ExitCode::Diverged);
  bool named = false;
  std::string text;
};
Told tell(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const RankError& x) {
    return {static_cast<int>(x.code()), true, x.what()};
  } catch (const Error& x) {
    return {static_cast<int>(x.code()), false, x.what()};
  } catch (const std::bad_alloc&) {
    return {static_cast<int>(ExitCode::Diverged), false, "out of memory"};
  } catch (const std::exception& x) {
    return {static_cast<int>(ExitCode::Diverged), false, x.what()};
  } catch (...) {
    return {static_cast<int>(ExitCode::Diverged), false, "unknown exception"};
  }
}

/// Collective, called by all ranks only after some rank failed. `naming`: say which rank it was.
[[noreturn]] void throwRankError(MPI_Comm comm, const std::exception_ptr& failure, bool naming) {
  const int rank = rankOf(comm);
  int mine = failure ? rank : INT_MAX, first = 0;
  checkMpi(MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm));
  Told told;
  if (rank == first) told = tell(failure);
  std::array<int, 2> head{told.code, told.named ? 1 : 0};
  checkMpi(MPI_Bcast(head.data(), 2, MPI_INT, first, comm));
  std::string text = broadcast(comm, std::move(told.text), first);
  if (naming && !head[1] && sizeOf(comm) > 1) text = "rank " + std::to_string(first) + ": " + text;
  throw RankError(static_cast<ExitCode>(head[0]), first, text);
}

}  // namespace

void throwPetsc(PetscErrorCode code, std::source_location where) {
  if (auto e = std::exchange(stored(), nullptr)) {  // a callback threw inside a call that was not guarded()
    takePetscMessage(code);
    std::rethrow_exception(e);
  }
  std::ostringstream out;
  out << takePetscMessage(code) << "\n  called from " << where.function_name() << " at " << where.file_name() << ':'
      << where.line();
  throw PetscFailure(code, out.str());
}

void checkOptions(PetscErrorCode code) {
  if (!code) return;
  std::string text = takePetscMessage(code);
  text = text.substr(0, text.find('\n'));
  const auto start = text.find("): ");  // "PETSc error 62 (Invalid argument): what the user wants to know"
  throw Error(ExitCode::Usage, "PETSc options: " + (start == std::string::npos ? text : text.substr(start + 3)));
}

void throwMpi(int code, std::source_location where) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error("MPI error: " + std::string(text.data(), static_cast<std::size_t>(length)) + " in " +
              where.function_name() + " at " + where.file_name() + ':' + std::to_string(where.line()));
}

int rankOf(MPI_Comm comm) {
  int rank = 0;
  checkMpi(MPI_Comm_rank(comm, &rank));
  return rank;
}
int sizeOf(MPI_Comm comm) {
  int size = 1;
  checkMpi(MPI_Comm_size(comm, &size));
  return size;
}

void agree(MPI_Comm comm, const std::exception_ptr& failure) {
  int mine = failure ? 1 : 0, any = 0;
  checkMpi(MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, comm));
  if (any) throwRankError(comm, failure, true);
}

void onRankZero(MPI_Comm comm, const std::exception_ptr& failure) {
  int any = failure ? 1 : 0;
  checkMpi(MPI_Bcast(&any, 1, MPI_INT, 0, comm));
  if (any) throwRankError(comm, failure, false);
}

double sumOver(MPI_Comm comm, double local, const std::exception_ptr& failure) {
  std::array<double, 2> mine{failure ? 0.0 : local, failure ? 1.0 : 0.0}, all{};
  checkMpi(MPI_Allreduce(mine.data(), all.data(), 2, MPI_DOUBLE, MPI_SUM, comm));
  if (all[1] > 0) throwRankError(comm, failure, true);
  return all[0];
}

std::string broadcast(MPI_Comm comm, std::string text, int root) {
  long long length = static_cast<long long>(text.size());
  checkMpi(MPI_Bcast(&length, 1, MPI_LONG_LONG, root, comm));
  if (length > INT_MAX) throw Error("broadcast: text of " + std::to_string(length) + " bytes is too long");
  text.resize(static_cast<std::size_t>(length));
  checkMpi(MPI_Bcast(text.data(), static_cast<int>(length), MPI_CHAR, root, comm));
  return text;
}

}  // namespace lacuna
