#include "operators/separable_convolver.hpp"

#include <algorithm>

#include "operators/correlate_lines.hpp"

namespace lacuna {

SeparableConvolver::SeparableConvolver(const std::vector<Psf>& taps) {
  for (const Psf& psf : taps) psfs_.push_back(*separate(psf, psf.values.size()));
}

void SeparableConvolver::run(std::span<const PaddedFrame> frames, const LocalExtents& e, const Emit& emit) const {
  struct Part {
    const PaddedFrame* frame;
    const SeparableTerm* term;
    std::vector<double> plane;  ///< summed along z
  };
  std::vector<Part> parts;
  for (const PaddedFrame& frame : frames)
    for (const SeparableTerm& term : psfs_[frame.psf]) parts.push_back({&frame, &term, {}});
  if (parts.empty()) return;
  const auto [nz, ny, nx] = e.targets;
  const auto tapsOf = [](const std::vector<double>& taps) { return static_cast<PetscInt>(taps.size()); };
  const PetscInt wide = nx + tapsOf(parts[0].term->x) - 1, high = ny + tapsOf(parts[0].term->y) - 1;
  std::vector<double> sums(static_cast<std::size_t>(2 * wide)), result(static_cast<std::size_t>(2 * nx));
  double* const sum[2] = {sums.data(), sums.data() + wide};
  double* const out[2] = {result.data(), result.data() + nx};
  std::vector<const double*> in;

  for (PetscInt z = 0; z < nz; ++z) {
    for (Part& part : parts) {
      const PetscInt planes = tapsOf(part.term->z);
      if (planes == 1) continue;
      part.plane.resize(static_cast<std::size_t>(high) * static_cast<std::size_t>(e.line));
      for (PetscInt y = 0; y < high; ++y) {
        in.clear();
        for (PetscInt t = 0; t < planes; ++t) in.push_back(part.frame->first + (z + t) * e.plane + y * e.line);
        double* const to = part.plane.data() + y * e.line;
        correlateLines(in.data(), {part.term->z.data(), planes, 1}, wide, 1, false, &to);
      }
    }
    for (PetscInt y = 0; y < ny; y += 2) {
      const PetscInt lines = std::min<PetscInt>(2, ny - y);
      bool add = false;
      for (const Part& part : parts) {
        const double* first = part.plane.empty() ? part.frame->first + z * e.plane : part.plane.data();
        const PetscInt rows = tapsOf(part.term->y);
        in.clear();
        for (PetscInt t = 0; t < rows + lines - 1; ++t) in.push_back(first + (y + t) * e.line);
        correlateLines(in.data(), {part.term->y.data(), rows, 1}, wide, lines, false, sum);
        for (PetscInt l = 0; l < lines; ++l)
          correlateLines(sum + l, {part.term->x.data(), 1, tapsOf(part.term->x)}, nx, 1, add, out + l);
        add = true;
      }
      for (PetscInt l = 0; l < lines; ++l) emit(z, y + l, out[l]);
    }
  }
}

std::string SeparableConvolver::text() const {
  std::size_t rank = 0;
  for (const SeparablePsf& psf : psfs_) rank = std::max(rank, psf.size());
  return "separable, rank " + std::to_string(rank);
}

}  // namespace lacuna
