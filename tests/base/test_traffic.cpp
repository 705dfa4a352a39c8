/// Messages as the programs count them: whoever sends, in the phase that is open; reductions as a phase of their own.
#include <petscvec.h>

#include <chrono>
#include <numeric>
#include <thread>

#include "base/handle.hpp"
#include "base/node_memory.hpp"
#include "base/phase.hpp"
#include "grid/fft.hpp"
#include "grid/halo.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {
PhaseTimes find(const std::vector<PhaseTimes>& all, const std::string& name) {
  for (const PhaseTimes& p : all)
    if (p.name == name) return p;
  BOOST_ERROR("no phase " + name);
  return {};
}
}  // namespace

BOOST_AUTO_TEST_CASE(messages_count_in_the_innermost_phase_and_to_other_ranks_alone) {
  const int rank = rankOf(PETSC_COMM_WORLD), ranks = sizeOf(PETSC_COMM_WORLD);
  const Phase ring("ring"), all("all to all"), repeated("persistent");
  resetPhaseTimes();
  const int right = (rank + 1) % ranks, left = (rank + ranks - 1) % ranks;
  double out = 1, in = 0;
  {
    const auto timed = ring.scope();
    checkMpi(MPI_Sendrecv(&out, 1, MPI_DOUBLE, rank + 1 < ranks ? right : MPI_PROC_NULL, 0, &in, 1, MPI_DOUBLE,
                          rank > 0 ? left : MPI_PROC_NULL, 0, PETSC_COMM_WORLD, MPI_STATUS_IGNORE));
    const auto inner = all.scope();
    std::vector<int> counts(static_cast<std::size_t>(ranks), 3), starts(counts.size());
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] = starts[i - 1] + 3;
    std::vector<float> from(3 * counts.size()), to(from.size());
    checkMpi(MPI_Alltoallv(from.data(), counts.data(), starts.data(), MPI_FLOAT, to.data(), counts.data(),
                           starts.data(), MPI_FLOAT, PETSC_COMM_WORLD));
    checkMpi(MPI_Alltoall(MPI_IN_PLACE, 0, MPI_FLOAT, to.data(), 3, MPI_FLOAT, PETSC_COMM_WORLD));
  }
  {
    const auto timed = repeated.scope();
    std::array<MPI_Request, 2> requests{};
    checkMpi(MPI_Send_init(&out, 1, MPI_DOUBLE, right, 5, PETSC_COMM_WORLD, &requests[0]));
    checkMpi(MPI_Recv_init(&in, 1, MPI_DOUBLE, left, 5, PETSC_COMM_WORLD, &requests[1]));
    for (int i = 0; i < 4; ++i) {
      checkMpi(MPI_Startall(2, requests.data()));
      checkMpi(MPI_Waitall(2, requests.data(), MPI_STATUSES_IGNORE));
    }
    for (MPI_Request& request : requests) checkMpi(MPI_Request_free(&request));
  }
  const auto times = phaseTimes(PETSC_COMM_WORLD);
  const double others = ranks - 1;
  BOOST_TEST(find(times, "ring").messages == others);
  BOOST_TEST(find(times, "ring").bytes == 8 * others);
  BOOST_TEST(find(times, "ring").messagesMax == (ranks > 1 ? 1 : 0));
  BOOST_TEST(find(times, "all to all").messages == 2 * ranks * others);
  BOOST_TEST(find(times, "all to all").bytes == 24 * ranks * others);
  BOOST_TEST(find(times, "all to all").bytesMax == 24 * others);
  BOOST_TEST(find(times, "persistent").messages == 4.0 * ranks);  // on one rank: to itself, but through MPI
  BOOST_TEST(find(times, "persistent").bytes == 32.0 * ranks);
}

BOOST_AUTO_TEST_CASE(reductions_are_a_phase_whoever_asks_for_them_and_waiting_counts_there) {
  VecHandle x;
  check(VecCreateMPI(PETSC_COMM_WORLD, PETSC_DECIDE, 100, x.out()));
  check(VecSet(x, 1));
  const Phase work("vector work");
  resetPhaseTimes();
  {
    const auto timed = work.scope();
    if (rankOf(PETSC_COMM_WORLD) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    PetscScalar sum = 0;
    check(VecSum(x, &sum));  // of PETSc
    const double one = 1;
    checkMpi(MPI_Allreduce(&one, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  }
  const auto times = phaseTimes(PETSC_COMM_WORLD);
  BOOST_TEST(times.back().name == "reductions");
  BOOST_TEST(times.back().calls == 2);
  BOOST_TEST(times.back().messages == 0);
  BOOST_TEST(find(times, "vector work").calls == 1);
  if (sizeOf(PETSC_COMM_WORLD) > 1) BOOST_TEST(times.back().max > 0.03);  // those who waited for rank 0
  BOOST_TEST(find(times, "vector work").max >= 0.06);
  BOOST_TEST(find(times, "vector work").mean <= find(times, "vector work").max);
}

BOOST_AUTO_TEST_CASE(transpositions_and_halos_send_what_the_layout_says) {
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  const PetscInt ny = 12, nx = 16;  // 12 rows and 9 columns of the spectrum; both divide by 1 and 3
  const Cube cube(std::make_shared<const ProcessGrid>(PETSC_COMM_WORLD, 1), {.ny = ny, .nx = nx});
  const Fft fft(cube, Planning::Estimate);
  Halo halo(cube, {.below = 1, .above = 1, .boundary = RowBoundary::Zero}, {});
  const VecHandle x = cube.space().vec();
  std::vector<double> ghosted(halo.padded().size());
  resetPhaseTimes();
  fft.forward(
      1, [](PetscInt, PetscInt, PetscInt count, double* rows) { std::fill_n(rows, count * 16, 0.0); },
      [](PetscInt, PetscInt, PetscInt, Fft::Complex*) {});
  halo.fill(x, ghosted);
  const auto times = phaseTimes(PETSC_COMM_WORLD);
  BOOST_TEST(find(times, "halo").messages == 2 * (ranks - 1));
  BOOST_TEST(find(times, "halo").bytes == 2 * (ranks - 1) * nx * 8);
  if (ranks == 1) return;
  BOOST_TEST(find(times, "fft transposition").messages == ranks * (ranks - 1));
  if (ranks == 3) BOOST_TEST(find(times, "fft transposition").bytes == 16.0 * ny * (nx / 2 + 1) * (ranks - 1) / ranks);
}

BOOST_AUTO_TEST_CASE(memory_is_the_peak) {
  const std::int64_t before = peakMemory(PETSC_COMM_WORLD).most;
  BOOST_TEST(before > 1 << 20);
  {
    const std::vector<double> large(8 << 20, 1.0);
    BOOST_TEST(large.back() == 1.0);
  }
  const PeakMemory after = peakMemory(PETSC_COMM_WORLD);
  BOOST_TEST(after.most >= before + (48LL << 20));
  BOOST_TEST(after.all >= after.most);
}
