#include "floors/floors.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.hpp"
#include "floors/bare_fft.hpp"
#include "grid/cube.hpp"

namespace lacuna {
namespace {

constexpr int leastRounds = 3, mostRounds = 1000;

/// Seconds of `work` on the slowest rank, in the best of the rounds that fit into `budget` seconds.
template <class Work>
double best(MPI_Comm comm, double budget, Work&& work) {
  double least = 1e300, spent = 0;
  for (int round = 0; round < mostRounds && (round < leastRounds || spent < budget); ++round) {
    checkMpi(MPI_Barrier(comm));
    const double start = MPI_Wtime();
    work();
    double mine = MPI_Wtime() - start, slowest = 0;
    checkMpi(MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, comm));
    least = std::min(least, slowest);
    spent += slowest;
  }
  return least;
}

/// a = b + s c (McCalpin's STREAM triad), GB/s of this rank while all others do the same.
double triad(MPI_Comm comm, const FloorProblem& problem) {
  const auto n = static_cast<std::size_t>(problem.triadMegabytes * 1e6 / sizeof(double)) + 1;
  std::vector<double> a(n, 0.0), b(n, 1.0), c(n, 2.0);
  double s = 3;
  const double seconds = best(comm, problem.seconds, [&] {
    double *to = a.data(), *left = b.data(), *right = c.data();
    for (std::size_t i = 0; i < n; ++i) to[i] = left[i] + s * right[i];
    s = 0.5 * a[n / 2];  // the next round needs this one
  });
  return 24e-9 * static_cast<double>(n) / seconds;
}

/// Half of a round trip of `bytes` between the first and the last rank; s.
double pingPong(MPI_Comm comm, double budget, int bytes) {
  const int rank = rankOf(comm), last = sizeOf(comm) - 1;
  const int trips = bytes < 4096 ? 100 : 2;
  std::vector<char> data(static_cast<std::size_t>(bytes));
  const double seconds = best(comm, budget, [&] {
    for (int trip = 0; trip < trips; ++trip) {
      if (rank == 0) {
        checkMpi(MPI_Send(data.data(), bytes, MPI_CHAR, last, 0, comm));
        checkMpi(MPI_Recv(data.data(), bytes, MPI_CHAR, last, 0, comm, MPI_STATUS_IGNORE));
      } else if (rank == last) {
        checkMpi(MPI_Recv(data.data(), bytes, MPI_CHAR, 0, 0, comm, MPI_STATUS_IGNORE));
        checkMpi(MPI_Send(data.data(), bytes, MPI_CHAR, 0, 0, comm));
      }
    }
  });
  return seconds / (2 * trips);
}

double allreduce(MPI_Comm comm, double budget) {
  constexpr int times = 50;
  return best(comm, budget,
              [&] {
                double mine = 1, all = 0;
                for (int i = 0; i < times; ++i) checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, comm));
              }) /
         times;
}

}  // namespace

Floors measureFloors(MPI_Comm comm, const FloorProblem& p) {
  const Shape shape{.frames = p.frames, .nz = p.nz, .ny = p.ny, .nx = p.nx};
  const auto grid = std::make_shared<const ProcessGrid>(comm, p.frames, p.timeGroups);
  const Cube cube(grid, shape);
  Floors f;
  f.ranks = sizeOf(comm);
  f.timeGroups = grid->timeSize();
  f.triadGigabytes = triad(comm, p);
  {
    const BareFft fft(cube);
    f.transformGflop = fft.gflop();
    f.transformSeconds = best(comm, p.seconds, [&] { fft.thereAndBack(); });
  }
  if (f.ranks == 1) return f;
  f.latency = pingPong(comm, p.seconds, 8);
  constexpr int large = 1 << 22;
  f.gigabytes = 1e-9 * large / pingPong(comm, p.seconds, large);
  f.allreduce = allreduce(comm, p.seconds);
  const int groups = grid->spaceSize();
  if (groups == 1) return f;
  const double half =
      static_cast<double>(shape.pixels()) / static_cast<double>(shape.nx) * static_cast<double>(shape.nx / 2 + 1);
  const auto each = static_cast<std::size_t>(2 * half / groups / groups) + 1;  // doubles from each rank to each
  std::vector<double> from(each * static_cast<std::size_t>(groups)), to(from.size());
  f.alltoallGigabytes = 8e-9 * static_cast<double>(each) * (groups - 1);
  f.alltoall = best(comm, p.seconds, [&] {
    checkMpi(MPI_Alltoall(from.data(), static_cast<int>(each), MPI_DOUBLE, to.data(), static_cast<int>(each),
                          MPI_DOUBLE, grid->space()));
  });
  return f;
}

std::string Floors::json() const {
  return nlohmann::ordered_json{{"ranks", ranks},
                                {"time_groups", timeGroups},
                                {"transform_seconds", transformSeconds},
                                {"transform_gflop", transformGflop},
                                {"triad_gb_per_s_rank", triadGigabytes},
                                {"latency_s", latency},
                                {"bandwidth_gb_per_s", gigabytes},
                                {"allreduce_s", allreduce},
                                {"alltoall_s", alltoall},
                                {"alltoall_gb_rank", alltoallGigabytes}}
      .dump();
}

}  // namespace lacuna
