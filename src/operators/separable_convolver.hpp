#pragma once
#include <vector>

#include "operators/local_convolver.hpp"
#include "operators/separable_psf.hpp"

namespace lacuna {

/// Passes along z, y and x for every term of a separable PSF. The lines under a target line are summed along y (and
/// planes along z) into a short buffer, which is filtered along x while it is in the first-level cache.
class SeparableConvolver final : public LocalConvolver {
 public:
  explicit SeparableConvolver(const std::vector<Psf>& taps);
  void run(std::span<const PaddedFrame> frames, const LocalExtents& extents, const Emit& emit) const override;
  std::string text() const override;

 private:
  std::vector<SeparablePsf> psfs_;
};

}  // namespace lacuna
