#pragma once
/// What a benchmark compares with in its own process: bare FFTW transforms on the same ranks.
#include <fftw3-mpi.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"

namespace lacuna {

inline double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

inline double most(double mine) {
  double all = 0;
  checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  return all;
}

/// CPU time of this process: what other programs on the machine disturb less.
inline double cpuSeconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Seconds of two forward and two backward real transforms, planned by FFTW alone: serial on one rank, FFTW-MPI with
/// transposed spectra on several. Of the slowest rank of all, each with its own transforms where `comm` is one rank.
inline double bareTransforms(PetscInt ny, PetscInt nx, int repeats, double (*clock)() = MPI_Wtime,
                             MPI_Comm comm = PETSC_COMM_WORLD) {
  const bool serial = sizeOf(comm) == 1;
  fftw_mpi_init();
  ptrdiff_t rows = ny, firstRow = 0, columns = 0, firstColumn = 0;
  const ptrdiff_t half = nx / 2 + 1;
  const ptrdiff_t local =
      serial ? ny * half : fftw_mpi_local_size_2d_transposed(ny, half, comm, &rows, &firstRow, &columns, &firstColumn);
  double* x = fftw_alloc_real(static_cast<std::size_t>(2 * local));
  fftw_complex* X = fftw_alloc_complex(static_cast<std::size_t>(local));
  fftw_plan forward = nullptr, backward = nullptr;
  const int n0 = static_cast<int>(ny), n1 = static_cast<int>(nx);
  if (serial) {
    forward = fftw_plan_dft_r2c_2d(n0, n1, x, X, FFTW_MEASURE);
    backward = fftw_plan_dft_c2r_2d(n0, n1, X, x, FFTW_MEASURE);
  } else {
    forward = fftw_mpi_plan_dft_r2c_2d(ny, nx, x, X, comm, FFTW_MEASURE | FFTW_MPI_TRANSPOSED_OUT);
    backward = fftw_mpi_plan_dft_c2r_2d(ny, nx, X, x, comm, FFTW_MEASURE | FFTW_MPI_TRANSPOSED_IN);
  }
  std::vector<double> seconds;
  for (int r = 0; r < repeats; ++r) {
    std::fill_n(x, 2 * local, 1.0);
    checkMpi(MPI_Barrier(comm));
    const double start = clock();
    for (int k = 0; k < 2; ++k) {
      fftw_execute(forward);
      fftw_execute(backward);
    }
    seconds.push_back(most(clock() - start));
  }
  fftw_destroy_plan(forward);
  fftw_destroy_plan(backward);
  fftw_free(x);
  fftw_free(X);
  return median(seconds);
}

}  // namespace lacuna
