#include "operators/psf_transfer.hpp"

#include <algorithm>

#include "base/aligned_buffer.hpp"
#include "grid/fftw_plans.hpp"

namespace lacuna {
namespace {

using Complex = std::complex<double>;

fftw_complex* raw(Complex* p) { return reinterpret_cast<fftw_complex*>(p); }
PetscInt wrapped(std::int64_t i, PetscInt n) { return static_cast<PetscInt>((i % n + n) % n); }

}  // namespace

/// Rows of the PSF (lines along x in images, planes in volumes) are transformed one by one by every rank, which keeps
/// its own lines of them; then these lines are transformed along the slab axis. Nothing is exchanged.
std::vector<Complex> psfTransfer(const Modes& modes, const Psf& psf) {
  const Shape& s = modes.cube().shape();
  const bool volume = s.nz > 1;
  const PetscInt length = modes.lineLength(), inner = modes.inner();
  std::vector<Complex> transfer(static_cast<std::size_t>(modes.perPlane()));
  if (transfer.empty()) return transfer;

  const PetscInt rowHeight = volume ? s.ny : 1;
  const AlignedBuffer<double> row = alignedBuffer<double>(static_cast<std::int64_t>(rowHeight) * s.nx);
  const AlignedBuffer<Complex> spectrum = alignedBuffer<Complex>(static_cast<std::int64_t>(rowHeight) * (s.nx / 2 + 1));
  const int extents[2] = {static_cast<int>(s.ny), static_cast<int>(s.nx)};
  const FftwPlan<double> rowPlan(
      fftw_plan_dft_r2c(volume ? 2 : 1, volume ? extents : extents + 1, row.get(), raw(spectrum.get()), FFTW_ESTIMATE));
  const PetscInt rows = volume ? psf.nz : psf.ny, height = volume ? psf.ny : 1;
  const PetscInt rowCenter = psf.center[volume ? 0 : 1], heightCenter = volume ? psf.center[1] : 0;
  for (PetscInt r = 0; r < rows; ++r) {
    std::fill_n(row.get(), static_cast<std::size_t>(rowHeight) * static_cast<std::size_t>(s.nx), 0.0);
    for (PetscInt h = 0; h < height; ++h) {
      const double* from = psf.values.data() + (static_cast<std::size_t>(r) * height + h) * psf.nx;
      double* to = row.get() + static_cast<std::size_t>(wrapped(std::int64_t{h} - heightCenter, rowHeight)) * s.nx;
      for (PetscInt x = 0; x < psf.nx; ++x) to[wrapped(std::int64_t{x} - psf.center[2], s.nx)] += from[x];
    }
    fftw_execute(rowPlan.get());
    const PetscInt at = wrapped(std::int64_t{r} - rowCenter, length);
    for (PetscInt line = 0; line < modes.lines().count; ++line) {
      const Complex* from = spectrum.get() + static_cast<std::size_t>(modes.lines().start + line) * inner;
      Complex* to = transfer.data() + (static_cast<std::size_t>(line) * length + at) * inner;
      for (PetscInt i = 0; i < inner; ++i) to[i] += from[i];
    }
  }

  const fftw_iodim along{static_cast<int>(length), static_cast<int>(inner), static_cast<int>(inner)};
  const int line = static_cast<int>(length * inner);
  const fftw_iodim many[2] = {{static_cast<int>(modes.lines().count), line, line}, {static_cast<int>(inner), 1, 1}};
  const FftwPlan<double> linePlan(
      fftw_plan_guru_dft(1, &along, 2, many, raw(transfer.data()), raw(transfer.data()), FFTW_FORWARD, FFTW_ESTIMATE));
  fftw_execute(linePlan.get());
  return transfer;
}

}  // namespace lacuna
