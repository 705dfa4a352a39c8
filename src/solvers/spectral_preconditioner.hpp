#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "base/phase.hpp"
#include "grid/fft.hpp"
#include "grid/window_rows.hpp"
#include "model/term.hpp"
#include "solvers/chain_solver.hpp"
#include "solvers/convex_problem.hpp"

namespace lacuna {

/// An approximate inverse of the curvature of a ConvexProblem: what it would be if the weights of the data were the
/// same in all pixels of a frame (their average) and the image were periodic,
///   M = w_t |h_t(k)|^2 + smooth G(k)^order + 1/P(k) + chain in time,
/// inverted by one transform in, a tridiagonal solve in time per mode (a Kalman smoother in Fourier space), and one
/// transform out, cut to the image: symmetric, and positive. Bounds, masks, reflecting boundaries and terms that are
/// not quadratic are left to the iterations that it speeds up.
class SpectralPreconditioner {
 public:
  /// Collective. Does not keep `problem`. Throws 78 where data frames are neither those of the image nor its epochs.
  explicit SpectralPreconditioner(const ConvexProblem& problem);

  /// Collective. For a term of the problem, or of x = exp(s) with its priors on s, at a point: the average weights
  /// follow from the curvature times a constant, or the longest wave that varies where a field has constants without
  /// power. One product. The operator is valid until the next call.
  OperatorPointer at(const TermAt& point);

  /// The periodic grid that it works on.
  static Shape gridShape(const Cube& image, const std::vector<Psf>& psfs, RowBoundary boundary);

 private:
  class Inverse;
  void factor(const std::vector<double>& weights);
  Mode probeOf(const Transfer& power) const;
  void fillProbe(Vec v) const;
  void apply(Vec x, Vec y);

  Cube image_, grid_;
  Fft fft_;
  WindowRows rows_;
  std::optional<TimeChain> chain_;
  Mode probe_;                              ///< the wave whose curvature tells the weights
  double link0_ = 1;                        ///< of the chain, at the probe
  std::vector<std::vector<double>> seen_;   ///< by mode: |h|^2 of each local frame, or one for all; of a stack the sum
  std::vector<double> seen0_;               ///< of every frame of the unknown: |h|^2 at the probe
  std::vector<double> quadratic_, share_;   ///< by mode: smoothness and 1/P; share() / N
  double quadratic0_ = 0;                   ///< the same at the probe
  std::unique_ptr<SpectralChain> inverse_;  ///< of M
  Phase phase_{"preconditioner", "transforms"};
};

}  // namespace lacuna
