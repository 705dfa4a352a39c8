#pragma once
#include <memory>

#include "grid/cube.hpp"

namespace lacuna {

/// Real transforms of the planes (images) or volumes of a Cube as FFTW does them by itself: serial plans where a rank
/// has whole frames, FFTW-MPI with transposed spectra where they are split. What no method that works by FFT can do
/// without.
class BareFft {
 public:
  /// Collective. Plans with FFTW_MEASURE.
  explicit BareFft(const Cube& cube);
  ~BareFft();
  BareFft(const BareFft&) = delete;
  BareFft& operator=(const BareFft&) = delete;

  /// Collective over space(). Every local frame forward and back.
  void thereAndBack() const;
  /// Operations of thereAndBack on all ranks together, counted as the phases of Fft count them.
  double gflop() const;

 private:
  struct Plans;
  std::unique_ptr<Plans> plans_;
};

}  // namespace lacuna
