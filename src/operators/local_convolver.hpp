#pragma once
#include <array>
#include <functional>
#include <span>
#include <string>

#include "operators/psf.hpp"

namespace lacuna {

/// Padded pixels of one frame, and the PSF that meets them.
struct PaddedFrame {
  const double* first = nullptr;  ///< under the first tap of target (0, 0, 0)
  std::size_t psf = 0;
};
struct LocalExtents {
  std::ptrdiff_t line = 0, plane = 0;  ///< distances in the padded array
  std::array<PetscInt, 3> targets{};   ///< z, y, x
};

/// Correlation on one rank, without borders: out(z, y, x) = sum over frames and taps of h(r) in((z, y, x) + r). The
/// taps of a convolution are those of the PSF in reverse order.
class LocalConvolver {
 public:
  using Emit = std::function<void(PetscInt z, PetscInt y, const double* line)>;
  virtual ~LocalConvolver() = default;
  /// `emit` gets every line of the result.
  virtual void run(std::span<const PaddedFrame> frames, const LocalExtents& extents, const Emit& emit) const = 0;
  virtual std::string text() const = 0;
};

/// The PSF with its values in reverse order.
Psf reversed(const Psf& psf);

}  // namespace lacuna
