#pragma once
#include <optional>

#include "base/phase.hpp"
#include "grid/cube.hpp"
#include "model/term.hpp"
#include "solvers/chain_solver.hpp"

namespace lacuna {

/// An approximate inverse of the curvature in s where the image is exp(s), whose weights differ by orders of magnitude
/// from pixel to pixel: pixels are taken apart, frames are not,
///   P = diag(share * M 1 + rest) + Q,
/// M = X H^T W H X the data's part, Q a chain in time that is white in space: one tridiagonal solve a pixel. M has no
/// negative entry, so diag(M 1) - M is positive semi-definite: share = 1 makes P a bound, as the curvature of the
/// complete data is in expectation maximisation (Dempster, Laird & Rubin 1977); but what is finer than the PSF hardly
/// shows in M, and share = 0.3 takes fewer iterations.
class ChainPreconditioner {
 public:
  /// `unknown` has one channel. `chain` is of s (none: frames are independent), `rest` stands for what other priors say
  /// of a pixel.
  ChainPreconditioner(const Cube& unknown, std::optional<TimeChain> chain, double rest);

  /// Collective. One product. The operator is valid until the next call.
  OperatorPointer at(const TermAt& point);

 private:
  class Inverse;
  void apply(Vec x, Vec y);

  Cube unknown_;
  std::optional<TimeChain> chain_;
  double rest_;
  PetscInt pixels_;  ///< of a frame on this rank
  PixelChain solver_;
  Phase phase_{"chain preconditioner", "Mpixel"};
};

}  // namespace lacuna
