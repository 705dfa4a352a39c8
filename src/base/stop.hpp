#pragma once
#include <array>
#include <csignal>
#include <string>

namespace lacuna {

/// Signals that ask a run to save its state or to leave, united over ranks as bits.
enum class Asked : int {
  Nothing = 0,
  Usr1 = 1,       ///< save and leave
  Usr2 = 2,       ///< save and go on
  Terminate = 4,  ///< save and leave, if there is time
  Interrupt = 8   ///< the same
};

/// Handlers of SIGUSR1, SIGUSR2, SIGTERM and SIGINT, which only note what has come; those that were there before come
/// back at the end. Lives in base/run. SIGTERM and SIGINT kill at once as ever where nobody can save anything (see
/// HoldSignals), and where they come a second time, later than a second after the first (schedulers and launchers both
/// pass on the same one).
class SignalHandlers {
 public:
  SignalHandlers();
  ~SignalHandlers();
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;

 private:
  std::array<struct sigaction, 4> before_{};
};

/// While this lives somebody looks at takeSignals(): SIGTERM and SIGINT wait for that.
class HoldSignals {
 public:
  HoldSignals();
  ~HoldSignals();
  HoldSignals(const HoldSignals&) = delete;
  HoldSignals& operator=(const HoldSignals&) = delete;
};

/// Rank-local. Bits of Asked: what has come since the last call.
int takeSignals();
/// Rank-local. A SIGTERM or SIGINT has come: time is short, and nobody may be reading standard output any more (mpirun
/// does not after it has passed on the signal).
bool endIsNear();
/// "SIGTERM and SIGUSR1"
std::string signalText(int asked);

/// Rank-local. Seconds since MPI was started by base/run; since the first call where it was not.
double secondsSinceStart();

}  // namespace lacuna
