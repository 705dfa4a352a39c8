#pragma once
#include <petscsys.h>

#include <string>

namespace lacuna {

/// The problem whose floors are wanted: a field of frames x nz x ny x nx, split as lacuna's programs do.
struct FloorProblem {
  PetscInt frames = 1, nz = 1, ny = 1, nx = 1;
  int timeGroups = 0;          ///< of the process grid; 0: as the programs choose
  double seconds = 0.3;        ///< spent on each measurement, about
  double triadMegabytes = 32;  ///< of each of the three arrays of a rank
};

/// What this machine can do without lacuna. Everything is the best of several rounds, each as slow as its slowest rank;
/// zero where there is nothing to measure.
struct Floors {
  int ranks = 1, timeGroups = 1;
  double transformSeconds = 0, transformGflop = 0;  ///< all frames forward and back, by FFTW alone; work of all ranks
  double triadGigabytes = 0;                        ///< per second and rank, all ranks at once (24 bytes an entry)
  double latency = 0, gigabytes = 0;           ///< ping-pong of the first and the last rank: s (8 bytes), GB/s (4 MiB)
  double allreduce = 0;                        ///< s, 8 bytes
  double alltoall = 0, alltoallGigabytes = 0;  ///< s, one frame's transposition; GB that a rank sends in it

  std::string json() const;
};

/// Collective.
Floors measureFloors(MPI_Comm comm, const FloorProblem& problem);

}  // namespace lacuna
