#include "base/run.hpp"

#include <petscsys.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <thread>

#include "base/error.hpp"
#include "base/petsc_messages.hpp"
#include "base/printable.hpp"
#include "base/stop.hpp"

namespace lacuna {
namespace {

constexpr double farewellSeconds = 3;

/// PETSc overlooks a word that is neither an option nor the value of one ("ksp_rtol 0.1").
void requireOptions(const std::vector<std::string>& words) {
  bool mayBeValue = false;
  for (const std::string& word : words) {
    const std::size_t letter = word.starts_with("--") ? 2 : 1;
    const bool option =
        word.starts_with('-') && word.size() > letter && std::isalpha(static_cast<unsigned char>(word[letter]));
    if (!option && !mayBeValue)
      throw Error(ExitCode::Usage, "PETSc options: '" + word + "' is neither an option (-name) nor the value of one");
    mayBeValue = option;
  }
}

/// How the job of this rank ended.
struct Ending {
  int code = 0;
  bool failed = false;
  bool shared = false;  ///< a RankError: the same on all ranks, its text names the rank where that helps
  std::string text;
};

Ending attempt(const std::function<ExitCode()>& job) {
  try {
    return {static_cast<int>(job()), false, false, {}};
  } catch (const RankError& e) {
    return {static_cast<int>(e.code()), true, true, e.what()};
  } catch (const Error& e) {
    return {static_cast<int>(e.code()), true, false, e.what()};
  } catch (const std::bad_alloc&) {
    return {static_cast<int>(ExitCode::Diverged), true, false,
            "out of memory: --plan shows what a run needs; more nodes need less each"};
  } catch (const std::exception& e) {
    return {static_cast<int>(ExitCode::Diverged), true, false, e.what()};
  } catch (...) {
    return {static_cast<int>(ExitCode::Diverged), true, false, "unknown exception"};
  }
}

/// Collective if all is well. Returns the code that all ranks share; prints one message. A rank that failed
/// waits 3 s for the others; one that succeeded waits as long as they work.
int farewell(MPI_Comm comm, const Ending& mine) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  const auto tell = [&](bool naming) {
    // Names in messages come from files: no control characters reach the terminal.
    const bool saved = mine.code == static_cast<int>(ExitCode::Checkpointed);
    const std::string line = (saved ? "stopped: " : "error: ") +
                             (naming ? "rank " + std::to_string(rank) + ": " : std::string()) + printable(mine.text) +
                             '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(nullptr);
  };
  // The lowest rank that failed (its message and code count), the largest code of the rest, and whether there is a
  // rest.
  std::array<int, 3> in{mine.failed ? -rank : -INT_MAX, mine.failed ? 0 : mine.code, mine.failed ? 0 : 1}, out{};
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(in.data(), out.data(), 3, MPI_INT, MPI_MAX, comm, &request);
  const auto start = std::chrono::steady_clock::now();
  for (int done = 0; !done;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
    if (mine.failed && waited.count() > farewellSeconds) {
      tell(!mine.shared);
      MPI_Abort(comm, mine.code);
    }
  }
  if (out[0] == -INT_MAX) return out[1];
  const int first = -out[0];
  if (rank == first) tell(!mine.shared && out[2] == 1);
  int code = mine.code;
  MPI_Bcast(&code, 1, MPI_INT, first, comm);
  return code;
}

}  // namespace

int run(int argc, char** argv, const std::function<ExitCode(const std::vector<std::string>&)>& job) {
  const SignalHandlers handlers;  // from here on, since starting MPI takes its time
  std::vector<std::string> words;
  int split = 1;
  for (; split < argc && std::strcmp(argv[split], "--") != 0; ++split) words.emplace_back(argv[split]);
  // Own handlers of SIGSEGV and friends would hide the signal from the scheduler; leftovers are our own affair.
  std::vector<std::string> kept{argv[0], "-skip_petscrc", "-no_signal_handler", "-options_left", "0"};
  const std::vector<std::string> petscWords(argv + std::min(split + 1, argc), argv + argc);
  kept.insert(kept.end(), petscWords.begin(), petscWords.end());
  std::vector<char*> pointers;
  for (auto& word : kept) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const char* ignored = std::getenv("PETSC_OPTIONS");
  const std::string ignoredText = ignored ? ignored : "";
  unsetenv("PETSC_OPTIONS");

  int petscArgc = static_cast<int>(kept.size());
  char** petscArgv = pointers.data();
  if (PetscInitialize(&petscArgc, &petscArgv, nullptr, nullptr)) return static_cast<int>(ExitCode::Diverged);
  installPetscMessages();
  MPI_Comm comm = MPI_COMM_NULL;  // a rank that failed must not meet the others inside their own collectives
  if (MPI_Comm_dup(PETSC_COMM_WORLD, &comm) != MPI_SUCCESS)
    MPI_Abort(PETSC_COMM_WORLD, static_cast<int>(ExitCode::Diverged));
  if (!ignoredText.empty())
    PetscPrintf(PETSC_COMM_WORLD, "note: PETSC_OPTIONS is ignored (%s); give PETSc options after --\n",
                ignoredText.c_str());

  const int code = farewell(comm, attempt([&] {
                              requireOptions(petscWords);
                              return job(words);
                            }));
  MPI_Comm_free(&comm);
  uninstallPetscMessages();
  return PetscFinalize() && code == 0 ? static_cast<int>(ExitCode::Diverged) : code;
}

void rejectUnusedPetscOptions() {
  PetscInt n = 0;
  char **names = nullptr, **values = nullptr;
  check(PetscOptionsLeftGet(nullptr, &n, &names, &values));
  std::string unused;
  for (PetscInt i = 0; i < n; ++i) {
    const std::string name = names[i];
    if (name == "skip_petscrc" || name == "no_signal_handler" || name == "options_left") continue;
    unused += " -" + name + (values[i] ? std::string(" ") + values[i] : "");
  }
  check(PetscOptionsLeftRestore(nullptr, &n, &names, &values));
  if (!unused.empty()) throw Error(ExitCode::Usage, "PETSc option(s) that nothing uses:" + unused);
}

}  // namespace lacuna
