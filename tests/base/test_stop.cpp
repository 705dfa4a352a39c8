/// Signals are noted, told once, and held only where somebody looks.
#include <csignal>

#include "base/stop.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

int heard = 0;
void listen(int signal) { heard = signal; }
int bits(Asked a, Asked b = Asked::Nothing) { return static_cast<int>(a) | static_cast<int>(b); }

}  // namespace

BOOST_AUTO_TEST_CASE(signals_are_told_once) {
  const SignalHandlers handlers;
  BOOST_TEST(takeSignals() == 0);
  raise(SIGUSR1);
  raise(SIGUSR2);
  raise(SIGUSR2);
  BOOST_TEST(takeSignals() == bits(Asked::Usr1, Asked::Usr2));
  BOOST_TEST(takeSignals() == 0);
  BOOST_TEST(signalText(bits(Asked::Usr1, Asked::Terminate)) == "SIGUSR1 and SIGTERM");
  BOOST_TEST(signalText(0).empty());
}

BOOST_AUTO_TEST_CASE(the_end_waits_where_somebody_looks) {
  const SignalHandlers handlers;
  const HoldSignals hold;
  BOOST_TEST(!endIsNear());
  raise(SIGTERM);
  BOOST_TEST(endIsNear());
  raise(SIGINT);  // within a second: the same wish
  BOOST_TEST(takeSignals() == bits(Asked::Terminate, Asked::Interrupt));
}

BOOST_AUTO_TEST_CASE(handlers_of_others_come_back) {
  struct sigaction mine {
  }, before{}, now{};
  mine.sa_handler = listen;
  sigaction(SIGUSR2, &mine, &before);
  {
    const SignalHandlers handlers;
    raise(SIGUSR2);
    BOOST_TEST(heard == 0);
    BOOST_TEST(takeSignals() == bits(Asked::Usr2));
  }
  raise(SIGUSR2);
  BOOST_TEST(heard == SIGUSR2);
  sigaction(SIGUSR2, &before, &now);
}

BOOST_AUTO_TEST_CASE(time_passes) {
  const double before = secondsSinceStart();
  BOOST_TEST((before >= 0 && secondsSinceStart() >= before));
}
