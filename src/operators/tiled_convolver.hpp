#pragma once
#include <complex>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "grid/cube.hpp"
#include "grid/fft.hpp"
#include "grid/fftw_plans.hpp"
#include "operators/local_convolver.hpp"

namespace lacuna {

/// Overlap-save by transforms of tiles that fit the second-level cache: of every tile of T pixels along an axis, those
/// T - taps + 1 that no wrap-around reaches are kept.
class TiledConvolver final : public LocalConvolver {
 public:
  TiledConvolver(const std::vector<Psf>& taps, const std::array<PetscInt, 3>& targets, Planning planning);
  void run(std::span<const PaddedFrame> frames, const LocalExtents& extents, const Emit& emit) const override;
  std::string text() const override;

  /// What the rule of thumb of the planner expects for a data pixel on one core.
  static double expectedNanoseconds(const std::array<PetscInt, 3>& taps, const Shape& data);

 private:
  using Complex = std::complex<double>;
  void load(const PaddedFrame& frame, const LocalExtents& e, const std::array<PetscInt, 3>& at) const;
  std::array<PetscInt, 3> taps_{}, tile_{};
  AlignedBuffer<double> pixels_;
  AlignedBuffer<Complex> spectrum_, sum_;
  FftwPlan<double> forward_, backward_;
  std::vector<std::vector<Complex>> transfer_;  ///< conj(F h) / N of every PSF
};

}  // namespace lacuna
