/// Phases: self time, calls, work, imbalance.
#include <chrono>
#include <thread>

#include "base/phase.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {
void sleepFor(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }
PhaseTimes find(const std::vector<PhaseTimes>& all, const std::string& name) {
  for (const PhaseTimes& p : all)
    if (p.name == name) return p;
  BOOST_ERROR("no phase " + name);
  return {};
}
constexpr double slack = 0.02;  // s; the machine may be busy
}  // namespace

BOOST_AUTO_TEST_CASE(inner_seconds_are_not_counted_in_outer_ones_and_all_add_up) {
  const Phase outer("outer"), inner("inner"), deep("deep");
  resetPhaseTimes();
  const double begin = MPI_Wtime();
  double inside = 0, inInner = 0, inDeep = 0;
  {
    const auto a = outer.scope();
    sleepFor(40);
    for (int i = 0; i < 2; ++i) {
      const double at = MPI_Wtime();
      {
        const auto b = inner.scope();
        sleepFor(20);
        const double low = MPI_Wtime();
        {
          const auto c = deep.scope();
          sleepFor(15);
          const auto again = outer.scope();  // a phase inside itself
          sleepFor(5);
        }
        inDeep += MPI_Wtime() - low;
      }
      inInner += MPI_Wtime() - at;
    }
  }
  inside = MPI_Wtime() - begin;
  const auto times = phaseTimes(PETSC_COMM_SELF);
  BOOST_TEST(find(times, "outer").calls == 3);
  BOOST_TEST(find(times, "inner").calls == 2);
  BOOST_TEST(find(times, "deep").calls == 2);
  BOOST_TEST(std::abs(find(times, "inner").mean - (inInner - inDeep)) < slack);
  BOOST_TEST(find(times, "inner").mean >= 0.04);
  BOOST_TEST(find(times, "deep").mean >= 0.03);
  BOOST_TEST(find(times, "outer").mean >= 0.05);
  double sum = 0;
  for (const PhaseTimes& p : times) sum += p.mean;
  BOOST_TEST(std::abs(sum - inside) < slack);
}

BOOST_AUTO_TEST_CASE(mean_max_and_work_are_over_the_ranks) {
  const Phase uneven("uneven", "GB");
  resetPhaseTimes();
  const int rank = rankOf(PETSC_COMM_WORLD), ranks = sizeOf(PETSC_COMM_WORLD);
  const double begin = MPI_Wtime();
  {
    const auto timed = uneven.scope(0.5);
    sleepFor(rank == 0 ? 120 : 30);
  }
  if (rank == 0) {
    const auto timed = uneven.scope(0.25);
  }
  double mine = MPI_Wtime() - begin, mean = 0, most = 0;
  checkMpi(MPI_Allreduce(&mine, &mean, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  checkMpi(MPI_Allreduce(&mine, &most, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  const auto times = phaseTimes(PETSC_COMM_WORLD);
  const PhaseTimes p = find(times, "uneven");
  BOOST_TEST(times.size() == 1u);  // phases that were not used are not told
  BOOST_TEST(p.unit == "GB");
  BOOST_TEST(p.calls == 2);
  BOOST_TEST(p.work == 0.5 * ranks + 0.25);
  BOOST_TEST(std::abs(p.mean - mean / ranks) < slack);
  BOOST_TEST(std::abs(p.max - most) < slack);
  const std::string table = phaseTable(times, 2 * p.mean);
  BOOST_TEST(table.find("uneven") != std::string::npos, table);
  BOOST_TEST(table.find("50.0%") != std::string::npos, table);
  BOOST_TEST(table.find("GB/s") != std::string::npos, table);
  BOOST_TEST(table.find("other") != std::string::npos, table);
}

BOOST_AUTO_TEST_CASE(a_name_is_one_phase_and_an_open_one_counts_up_to_now) {
  const Phase first("shared name"), second("shared name");
  resetPhaseTimes();
  { const auto timed = first.scope(); }
  const auto timed = second.scope();
  sleepFor(10);
  const PhaseTimes p = find(phaseTimes(PETSC_COMM_WORLD), "shared name");
  BOOST_TEST(p.calls == 2);
  BOOST_TEST(p.mean >= 0.01);
}
