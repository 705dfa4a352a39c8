#include "floors/bare_fft.hpp"

#include <fftw3-mpi.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "grid/fftw_plans.hpp"

namespace lacuna {

struct BareFft::Plans {
  Shape shape;
  PetscInt frames = 0;  ///< local
  AlignedBuffer<double> x;
  AlignedBuffer<std::complex<double>> X;
  FftwPlan<double> forward, backward;
};

BareFft::BareFft(const Cube& cube) : plans_(std::make_unique<Plans>()) {
  Plans& p = *plans_;
  p.shape = cube.shape();
  p.frames = cube.box().count[0] * p.shape.channels;
  fftw_mpi_init();
  std::vector<ptrdiff_t> n;
  for (const PetscInt extent : {p.shape.nz, p.shape.ny})
    if (extent > 1) n.push_back(extent);
  const ptrdiff_t nx = p.shape.nx, half = nx / 2 + 1;
  n.push_back(nx);
  const bool split = cube.grid().spaceSize() > 1 && n.size() > 1;  // lines are not split
  const MPI_Comm space = cube.grid().space();
  const int rank = static_cast<int>(n.size());
  ptrdiff_t local = half;
  for (std::size_t i = 0; i + 1 < n.size(); ++i) local *= n[i];
  if (split) {
    std::vector<ptrdiff_t> spectrum = n;
    spectrum.back() = half;
    ptrdiff_t rows = 0, firstRow = 0, lines = 0, firstLine = 0;
    local = fftw_mpi_local_size_transposed(rank, spectrum.data(), space, &rows, &firstRow, &lines, &firstLine);
  }
  p.x = alignedBuffer<double>(2 * local);
  p.X = alignedBuffer<std::complex<double>>(local);
  auto* spectra = reinterpret_cast<fftw_complex*>(p.X.get());
  if (split) {
    p.forward.reset(
        fftw_mpi_plan_dft_r2c(rank, n.data(), p.x.get(), spectra, space, FFTW_MEASURE | FFTW_MPI_TRANSPOSED_OUT));
    p.backward.reset(
        fftw_mpi_plan_dft_c2r(rank, n.data(), spectra, p.x.get(), space, FFTW_MEASURE | FFTW_MPI_TRANSPOSED_IN));
  } else {
    const std::vector<int> m(n.begin(), n.end());
    p.forward.reset(fftw_plan_dft_r2c(rank, m.data(), p.x.get(), spectra, FFTW_MEASURE));
    p.backward.reset(fftw_plan_dft_c2r(rank, m.data(), spectra, p.x.get(), FFTW_MEASURE));
  }
  if (!p.forward || !p.backward) throw Error("FFTW could not plan the transforms of a field of " + p.shape.text());
  std::fill_n(p.x.get(), 2 * local, 0.0);
  std::fill_n(p.X.get(), local, std::complex<double>(0));
}
BareFft::~BareFft() = default;

void BareFft::thereAndBack() const {
  for (PetscInt frame = 0; frame < plans_->frames; ++frame) {
    fftw_execute(plans_->forward.get());
    fftw_execute(plans_->backward.get());
  }
}

double BareFft::gflop() const {
  const Shape& s = plans_->shape;
  const bool volume = s.nz > 1;
  const double rowLength = volume ? double(s.ny) * double(s.nx) : double(s.nx), lines = double(volume ? s.nz : s.ny);
  const double rows = 2.5 * double(s.pixels()) * std::log2(std::max(rowLength, 2.0));
  const double across = 5 * double(s.pixels()) / double(s.nx) * double(s.nx / 2 + 1) * std::log2(std::max(lines, 2.0));
  return 2e-9 * double(s.frames) * double(s.channels) * (rows + across);
}

}  // namespace lacuna
