#pragma once
#include <sys/time.h>

#include <array>
#include <csignal>
#include <string>

namespace lacuna {

/// The net below the checks of io/: HDF5, CFITSIO and libtiff trust numbers in a file that a damaged file has wrong,
/// and then crash, or follow a list of blocks in a circle. While a CrashGuard lives, a fatal signal on this rank, or
/// more CPU time than reading can need, ends the job with one message that names the file, and exit code 65: there is
/// no way back into a library that was hit in the middle. Rank-local, costs some microseconds; guards may nest.
class CrashGuard {
 public:
  /// `what` is read: the file, for the message. `bytes` of data will be read besides the structure of the file.
  explicit CrashGuard(const std::string& what, double bytes = 0);
  ~CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

 private:
  static void die(int signal);
  static constexpr std::array signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGVTALRM};
  static const std::string* message_;  ///< of the innermost guard

  std::string text_;
  const std::string* outer_;
  std::array<struct sigaction, signals.size()> before_{};
  itimerval timer_{};
};

}  // namespace lacuna
