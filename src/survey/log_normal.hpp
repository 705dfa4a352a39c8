#pragma once
#include <functional>
#include <vector>

#include "grid/fft.hpp"

namespace lacuna {

/// The Gaussian field s behind a log-normal convergence of zero mean,
///   kappa = shift (exp(s - var(s)/2) - 1),
/// on a periodic grid: its two-point function is xi_G = ln(1 + xi / shift^2), with xi that of kappa (Coles & Jones
/// 1991; Hilbert, Hartlap & Schneider 2011, doi:10.1051/0004-6361/201117294). Not every spectrum has such a field on a
/// grid: modes where the transform of xi_G is negative are set to zero, and `clipped` tells how much that changes.
class LogNormal {
 public:
  /// Collective. `power`: that of kappa per mode, E|FFT kappa|^2 / N. Throws (exit 78) where xi <= -shift^2 somewhere:
  /// the shift is too small.
  LogNormal(const Fft& fft, const std::function<double(const Mode&)>& power, double shift);

  /// Power of s in the modes of this rank, by Mode::local.
  const std::vector<double>& gaussianPower() const { return power_; }
  double variance() const { return variance_; }  ///< of s
  double clipped() const { return clipped_; }    ///< sum of the negative power of s over that of the positive
  /// Rank-local. s -> kappa, in place.
  void transform(Vec s) const;

 private:
  double shift_, variance_ = 0, clipped_ = 0;
  std::vector<double> power_;
};

}  // namespace lacuna
