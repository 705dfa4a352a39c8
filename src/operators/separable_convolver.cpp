#include "operators/separable_convolver.hpp"

#include <algorithm>

#include "operators/correlate_line.hpp"

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
  const PetscInt wide = nx + tapsOf(parts[0].term->x) - 1, lines = ny + tapsOf(parts[0].term->y) - 1;
  std::vector<double> sum(static_cast<std::size_t>(wide)), line(static_cast<std::size_t>(nx));
  std::vector<const double*> rows;

  for (PetscInt z = 0; z < nz; ++z) {
    for (Part& part : parts) {
      const PetscInt planes = tapsOf(part.term->z);
      if (planes == 1) continue;
      part.plane.resize(static_cast<std::size_t>(lines) * static_cast<std::size_t>(e.line));
      rows.resize(static_cast<std::size_t>(planes));
      for (PetscInt y = 0; y < lines; ++y) {
        for (PetscInt t = 0; t < planes; ++t)
          rows[static_cast<std::size_t>(t)] = part.frame->first + (z + t) * e.plane + y * e.line;
        correlateLine(rows.data(), planes, part.term->z.data(), 1, wide, false, part.plane.data() + y * e.line);
      }
    }
    for (PetscInt y = 0; y < ny; ++y) {
      bool add = false;
      for (const Part& part : parts) {
        const double* first = part.plane.empty() ? part.frame->first + z * e.plane : part.plane.data();
        const PetscInt count = tapsOf(part.term->y);
        rows.resize(static_cast<std::size_t>(count));
        for (PetscInt t = 0; t < count; ++t) rows[static_cast<std::size_t>(t)] = first + (y + t) * e.line;
        correlateLine(rows.data(), count, part.term->y.data(), 1, wide, false, sum.data());
        const double* filtered = sum.data();
        correlateLine(&filtered, 1, part.term->x.data(), tapsOf(part.term->x), nx, add, line.data());
        add = true;
      }
      emit(z, y, line.data());
    }
  }
}

std::string SeparableConvolver::text() const {
  std::size_t rank = 0;
  for (const SeparablePsf& psf : psfs_) rank = std::max(rank, psf.size());
  return "separable, rank " + std::to_string(rank);
}

}  // namespace lacuna
