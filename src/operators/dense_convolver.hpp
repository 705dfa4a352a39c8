#pragma once
#include <vector>

#include "operators/local_convolver.hpp"

namespace lacuna {

/// Sums over all taps, for tiny PSFs.
class DenseConvolver final : public LocalConvolver {
 public:
  /// `taps`: all of one size.
  explicit DenseConvolver(std::vector<Psf> taps) : taps_(std::move(taps)) {}
  void run(std::span<const PaddedFrame> frames, const LocalExtents& extents, const Emit& emit) const override;
  std::string text() const override;

 private:
  std::vector<Psf> taps_;
};

}  // namespace lacuna
