#pragma once
#include <functional>
#include <vector>

#include "grid/fft.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// A real transfer function of a Fourier mode, even under k -> -k.
using Transfer = std::function<double(const Mode&)>;

/// Fields from packed modes (see Modes): channel c of the result is
///   f_c(x) = N^(-1/2) sum_k T_c(k) s_k Re[(a_k + i b_k) e^(2 pi i k x)].
/// With T = sqrt(P) it draws a Gaussian field of pixel power P = E|FFT f|^2 / N from white noise; with T = sqrt(P) D_c
/// it predicts shear. One complex-to-real transform a channel and frame; one real-to-complex for the adjoint; the Gram
/// operator A^T diag(w) A needs no memory pass between the two.
/// Domain: Modes::space() of a one-channel Cube; range: the same Cube with one channel per transfer function.
class SpectralSynthesis final : public LinearOperator {
 public:
  /// Collective. Throws 70 where a transfer function is not finite.
  SpectralSynthesis(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers);

  const Cube& rangeCube() const { return rangeCube_; }
  /// The diagonal of A^T A, sum_c T_c^2 on live entries and 0 on dead ones: what preconditioners need. A packed vector.
  VecHandle gramDiagonal() const;

 private:
  SpectralSynthesis(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers, Cube range);
  template <class F>
  void forEachPlane(F&& f) const;
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  void doApplyGram(Vec w, Vec x, Vec y) const override;
  std::shared_ptr<const Fft> fft_;
  Cube rangeCube_;
  PetscInt channels_;
  std::vector<std::vector<double>> transfer_;  ///< [channel][mode]: T s N^(-1/2)
};

}  // namespace lacuna
