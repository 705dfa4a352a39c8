#include "io/crash_guard.hpp"

#include <mpi.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/printable.hpp"

namespace lacuna {
namespace {

constexpr double structureSeconds = 20;  ///< of CPU time: hundreds of times what the structure of a file takes
constexpr double bytesASecond = 1e6;     ///< slower than any decompression
constexpr unsigned abortSeconds = 5;
constexpr int badData = static_cast<int>(ExitCode::BadData);

/// Signals are handled on a stack of their own: that of the program may be what broke.
void useOwnStack() {
  alignas(16) static std::array<char, 1 << 18> memory;
  static const int done = [] {
    stack_t stack{};
    stack.ss_sp = memory.data();
    stack.ss_size = memory.size();
    return sigaltstack(&stack, nullptr);
  }();
  static_cast<void>(done);  // without it a stack overflow remains a plain crash
}

}  // namespace

const std::string* CrashGuard::message_ = nullptr;

/// Async-signal-safe but for MPI_Abort, which ends the other ranks too; should it hang, this rank goes alone, and
/// mpirun ends the others.
void CrashGuard::die(int signal) {
  for (const int each : signals) std::signal(each, SIG_DFL);
  std::signal(SIGALRM, [](int) { _exit(badData); });
  alarm(abortSeconds);
  const std::string_view why =
      signal == SIGVTALRM ? "takes unreasonably long to read" : "crashes the library that reads it";
  for (const std::string_view part : {std::string_view(*message_), why, std::string_view(": the file is damaged\n")})
    if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  int started = 0;
  MPI_Initialized(&started);
  if (started) MPI_Abort(MPI_COMM_WORLD, badData);
  _exit(badData);
}

CrashGuard::CrashGuard(const std::string& what, double bytes)
    : text_("error: " + printable(what, 1000) + ": "), outer_(message_) {
  useOwnStack();
  message_ = &text_;
  struct sigaction action {};
  action.sa_handler = die;
  action.sa_flags = SA_ONSTACK;
  sigfillset(&action.sa_mask);
  sigdelset(&action.sa_mask, SIGALRM);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &before_[i]);
  itimerval limit{};
  limit.it_value.tv_sec = static_cast<time_t>(structureSeconds + bytes / bytesASecond);
  setitimer(ITIMER_VIRTUAL, &limit, &timer_);
}

CrashGuard::~CrashGuard() {
  setitimer(ITIMER_VIRTUAL, &timer_, nullptr);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
  message_ = outer_;
}

}  // namespace lacuna
