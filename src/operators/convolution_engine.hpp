#pragma once
#include <functional>
#include <memory>
#include <string>

#include "operators/convolution_problem.hpp"

namespace lacuna {

/// One way to compute a convolution and its adjoint. Fields come and go in pieces (a line, or a frame) through
/// callbacks, so that what is done to them costs no pass of its own over memory: `fill` writes, `use` reads `count`
/// entries from local entry `first` on; each entry is asked for once, in no promised order. Callbacks are rank-local
/// and must not throw.
class ConvolutionEngine {
 public:
  using Fill = std::function<void(PetscInt first, PetscInt count, double* values)>;
  using Use = std::function<void(PetscInt first, PetscInt count, const double* values)>;
  /// Changes entries of the data in place.
  using Work = std::function<void(PetscInt first, PetscInt count, double* values)>;

  virtual ~ConvolutionEngine() = default;
  /// Collective. y = H x: `fill` writes x, `use` reads y.
  virtual void forward(const Fill& fill, const Use& use) const = 0;
  /// Collective. x = H^T y: `fill` writes y, `use` reads x.
  virtual void adjoint(const Fill& fill, const Use& use) const = 0;
  /// Collective. forward whose result stays here, after `work` on it; then the adjoint of what stayed.
  virtual void forwardKept(const Fill& fill, const Work& work) const = 0;
  virtual void adjointOfKept(const Use& use) const = 0;
  virtual std::string text() const = 0;    ///< "separable, rank 1", "tiled FFT of 128 x 128"
  virtual std::int64_t bytes() const = 0;  ///< buffers kept on this rank
};

}  // namespace lacuna
