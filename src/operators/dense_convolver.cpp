#include "operators/dense_convolver.hpp"

#include <algorithm>

#include "operators/correlate_line.hpp"

namespace lacuna {

Psf reversed(const Psf& psf) {
  Psf out = psf;
  std::reverse(out.values.begin(), out.values.end());
  out.center = {psf.nz - 1 - psf.center[0], psf.ny - 1 - psf.center[1], psf.nx - 1 - psf.center[2]};
  return out;
}

void DenseConvolver::run(std::span<const PaddedFrame> frames, const LocalExtents& e, const Emit& emit) const {
  const PetscInt nx = e.targets[2];
  std::vector<double> line(static_cast<std::size_t>(nx));
  std::vector<const double*> rows;
  for (PetscInt z = 0; z < e.targets[0]; ++z)
    for (PetscInt y = 0; y < e.targets[1]; ++y) {
      bool add = false;
      for (const PaddedFrame& frame : frames) {
        const Psf& h = taps_[frame.psf];
        rows.clear();
        for (PetscInt tz = 0; tz < h.nz; ++tz)
          for (PetscInt ty = 0; ty < h.ny; ++ty) rows.push_back(frame.first + (z + tz) * e.plane + (y + ty) * e.line);
        correlateLine(rows.data(), static_cast<PetscInt>(rows.size()), h.values.data(), h.nx, nx, add, line.data());
        add = true;
      }
      emit(z, y, line.data());
    }
}

std::string DenseConvolver::text() const {
  const Psf& h = taps_.front();
  return "dense, " + std::to_string(h.values.size()) + " taps";
}

}  // namespace lacuna
