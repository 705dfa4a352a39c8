#include "base/stop.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <utility>

namespace lacuna {
namespace {

constexpr std::array<std::pair<int, Asked>, 4> known{
    {{SIGUSR1, Asked::Usr1}, {SIGUSR2, Asked::Usr2}, {SIGTERM, Asked::Terminate}, {SIGINT, Asked::Interrupt}}};
constexpr std::int64_t sameSignal = 1'000'000'000;  ///< ns

// Lock-free atomics are what a handler may touch.
std::atomic<int> arrived{0}, holders{0};
std::atomic<std::int64_t> firstToEnd{0};  ///< when the first SIGTERM or SIGINT came, ns; 0: none has
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free);

std::int64_t nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void note(int signal) {
  for (const auto& [number, asked] : known) {
    if (number != signal) continue;
    if (asked == Asked::Terminate || asked == Asked::Interrupt) {
      const std::int64_t now = nanoseconds();
      std::int64_t first = 0;
      const bool again = !firstToEnd.compare_exchange_strong(first, now) && now - first > sameSignal;
      if (again || holders == 0) {
        std::signal(signal, SIG_DFL);
        raise(signal);  // delivered when the handler returns
        return;
      }
    }
    arrived |= static_cast<int>(asked);
  }
}

}  // namespace

SignalHandlers::SignalHandlers() {
  secondsSinceStart();
  struct sigaction action {};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < known.size(); ++i) {
    // The system calls of others go on, but at the end: a rank that waits for its output to be read must come out of
    // it.
    action.sa_flags = known[i].second == Asked::Usr1 || known[i].second == Asked::Usr2 ? SA_RESTART : 0;
    sigaction(known[i].first, &action, &before_[i]);
  }
}
SignalHandlers::~SignalHandlers() {
  for (std::size_t i = 0; i < known.size(); ++i) sigaction(known[i].first, &before_[i], nullptr);
}

HoldSignals::HoldSignals() { ++holders; }
HoldSignals::~HoldSignals() { --holders; }

int takeSignals() { return arrived.exchange(0); }

bool endIsNear() { return firstToEnd != 0; }

std::string signalText(int asked) {
  std::string text;
  for (const auto& [name, bit] : {std::pair{"SIGUSR1", Asked::Usr1}, std::pair{"SIGUSR2", Asked::Usr2},
                                  std::pair{"SIGTERM", Asked::Terminate}, std::pair{"SIGINT", Asked::Interrupt}})
    if (asked & static_cast<int>(bit)) text += (text.empty() ? "" : " and ") + std::string(name);
  return text;
}

double secondsSinceStart() {
  static const auto start = std::chrono::steady_clock::now();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace lacuna
