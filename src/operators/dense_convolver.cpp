#include "operators/dense_convolver.hpp"

#include <algorithm>

#include "operators/correlate_lines.hpp"

namespace lacuna {

Psf reversed(const Psf& psf) {
  Psf out = psf;
  std::reverse(out.values.begin(), out.values.end());
  out.center = {psf.nz - 1 - psf.center[0], psf.ny - 1 - psf.center[1], psf.nx - 1 - psf.center[2]};
  return out;
}

void DenseConvolver::run(std::span<const PaddedFrame> frames, const LocalExtents& e, const Emit& emit) const {
  const PetscInt nx = e.targets[2];
  std::vector<double> result(static_cast<std::size_t>(2 * nx));
  double* const out[2] = {result.data(), result.data() + nx};
  std::vector<const double*> in;
  for (PetscInt z = 0; z < e.targets[0]; ++z)
    for (PetscInt y = 0; y < e.targets[1]; y += 2) {
      const PetscInt lines = std::min<PetscInt>(2, e.targets[1] - y);
      bool add = false;
      for (const PaddedFrame& frame : frames) {
        const Psf& h = taps_[frame.psf];
        for (PetscInt tz = 0; tz < h.nz; ++tz) {
          in.clear();
          for (PetscInt t = 0; t < h.ny + lines - 1; ++t)
            in.push_back(frame.first + (z + tz) * e.plane + (y + t) * e.line);
          const double* plane = h.values.data() + static_cast<std::ptrdiff_t>(tz) * h.ny * h.nx;
          correlateLines(in.data(), {plane, h.ny, h.nx}, nx, lines, add, out);
          add = true;
        }
      }
      for (PetscInt l = 0; l < lines; ++l) emit(z, y + l, out[l]);
    }
}

std::string DenseConvolver::text() const {
  const Psf& h = taps_.front();
  return "dense, " + std::to_string(h.values.size()) + " taps";
}

}  // namespace lacuna
