#include "base/phase.hpp"

#include <fmt/format.h>
#include <petsclog.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/traffic.hpp"

namespace lacuna {
namespace {

struct Entry {
  std::string name, unit;
  std::int64_t calls = 0, messages = 0;
  double seconds = 0, work = 0, bytes = 0;
  PetscLogEvent event = -1;
};
struct Book {
  std::vector<Entry> entries{{"reductions", ""}};
  std::vector<std::size_t> open;  ///< the stack of running phases
  double since = 0;               ///< when the innermost one last started to run
};
Book& book() {
  static Book b;
  return b;
}
constexpr std::size_t reductions = 0;  ///< the first entry
/// Closes the running stretch of the innermost phase.
void settle(Book& b) {
  const double now = MPI_Wtime();
  if (!b.open.empty()) b.entries[b.open.back()].seconds += now - b.since;
  b.since = now;
}

}  // namespace

Phase::Phase(std::string name, std::string unit) {
  auto& entries = book().entries;
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == name; });
  index_ = static_cast<std::size_t>(found - entries.begin());
  if (found != entries.end()) return;
  Entry e{std::move(name), std::move(unit)};
  static const PetscClassId id = [] {
    PetscClassId fresh = 0;
    check(PetscClassIdRegister("lacuna", &fresh));
    return fresh;
  }();
  check(PetscLogEventRegister(e.name.c_str(), id, &e.event));
  entries.push_back(std::move(e));
}

Phase::Scope::Scope(const Phase& phase, double work) {
  Book& b = book();
  settle(b);
  b.open.push_back(phase.index_);
  Entry& e = b.entries[phase.index_];
  ++e.calls;
  e.work += work;
  PetscLogEventBegin(e.event, 0, 0, 0, 0);
}
Phase::Scope::~Scope() {
  Book& b = book();
  settle(b);
  PetscLogEventEnd(b.entries[b.open.back()].event, 0, 0, 0, 0);
  b.open.pop_back();
}

void countSent(std::int64_t messages, double bytes) {
  Book& b = book();
  if (b.open.empty()) return;
  b.entries[b.open.back()].messages += messages;
  b.entries[b.open.back()].bytes += bytes;
}

ReductionScope::ReductionScope(double bytes) {
  Book& b = book();
  settle(b);
  b.open.push_back(reductions);
  ++b.entries[reductions].calls;
  b.entries[reductions].bytes += bytes;
}
ReductionScope::~ReductionScope() {
  settle(book());
  book().open.pop_back();
}

std::vector<PhaseTimes> phaseTimes(MPI_Comm comm) {
  settle(book());                                     // phases that are still open count up to now
  const std::vector<Entry> entries = book().entries;  // as they are now: the sums below are reductions too
  const int n = static_cast<int>(entries.size()), ranks = sizeOf(comm);
  constexpr int columns = 5;
  std::vector<double> mine, sum(columns * entries.size()), most(sum.size());
  for (const Entry& e : entries)
    for (const double value :
         {e.seconds, static_cast<double>(e.calls), e.work, static_cast<double>(e.messages), e.bytes})
      mine.push_back(value);
  checkMpi(MPI_Allreduce(mine.data(), sum.data(), columns * n, MPI_DOUBLE, MPI_SUM, comm));
  checkMpi(MPI_Allreduce(mine.data(), most.data(), columns * n, MPI_DOUBLE, MPI_MAX, comm));
  std::vector<PhaseTimes> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const double *s = &sum[columns * i], *m = &most[columns * i];
    if (m[1] > 0)
      out.push_back({.name = entries[i].name,
                     .unit = entries[i].unit,
                     .calls = static_cast<std::int64_t>(m[1]),
                     .mean = s[0] / ranks,
                     .max = m[0],
                     .work = s[2],
                     .messages = s[3],
                     .bytes = s[4],
                     .messagesMax = m[3],
                     .bytesMax = m[4]});
  }
  if (most[1] > 0) std::rotate(out.begin(), out.begin() + 1, out.end());  // the reductions come last
  return out;
}

void resetPhaseTimes() {
  for (Entry& e : book().entries) e.calls = e.messages = 0, e.seconds = e.work = e.bytes = 0;
  book().since = MPI_Wtime();
}

std::string phaseTable(const std::vector<PhaseTimes>& phases, double wallSeconds) {
  std::string out =
      fmt::format("{:<24}{:>9}{:>12}{:>8}{:>11}{:>22}\n", "phase", "calls", "seconds", "share", "imbalance", "rate");
  double rest = wallSeconds;
  for (const PhaseTimes& p : phases) {
    rest -= p.mean;
    const std::string rate =
        p.work > 0 && p.max > 0 ? fmt::format("{:.3g} {}/s", p.work / p.max, p.unit) : std::string("-");
    out += fmt::format("{:<24}{:>9}{:>12.4f}{:>7.1f}%{:>11.2f}{:>22}\n", p.name, p.calls, p.mean,
                       wallSeconds > 0 ? 100 * p.mean / wallSeconds : 0.0, p.mean > 0 ? p.max / p.mean : 1.0, rate);
  }
  out += fmt::format("{:<24}{:>9}{:>12.4f}{:>7.1f}%\n", "other", "", std::max(rest, 0.0),
                     wallSeconds > 0 ? 100 * std::max(rest, 0.0) / wallSeconds : 0.0);
  return out;
}

}  // namespace lacuna
