#pragma once
#include <optional>

#include "operators/frame_recursion.hpp"
#include "priors/spectral_prior.hpp"
#include "priors/time_chain.hpp"

namespace lacuna {

/// A Gaussian Markov chain over the frames of a movie, x_t = c_t + phi_t x_{t-1} + q_t n_t (see TimeChain), with
/// innovations n_t and a first frame x_0 = m_0 + s_0 n_0 that are white, or stationary fields of power P(k):
///   E = 1/2 sum_t (x_t - c_t - phi_t x_{t-1})^T C^-1 (x_t - c_t - phi_t x_{t-1}) / q_t^2,   C = 1 or F^-1 P F.
/// P has no unit; where its mean over the modes is 1, q_t and s_0 are the sds of a pixel. On an intensity exp(s) it is
/// this prior on the unknown s. Frames may be split over time groups: one frame's slab is exchanged.
class MarkovPrior final : public Prior {
 public:
  /// Collective. White innovations. Throws 78 unless the chain has an entry for every frame, finite, with sds > 0 (s_0
  /// may be infinite).
  MarkovPrior(const Cube& cube, const TimeChain& chain);
  /// Collective. Innovations of power P(k) on the periodic grid of `fft`. Throws as SpectralCovariance does, too.
  MarkovPrior(std::shared_ptr<const Fft> fft, const TimeChain& chain, const Transfer& power);

  const TimeChain& chain() const { return chain_; }
  /// Throws 78 where nothing is known of the first frame: such a chain is no distribution.
  void sample(Rng& rng, Vec x) const override;

 private:
  MarkovPrior(const Cube& cube, const TimeChain& chain, std::optional<SpectralCovariance> covariance);
  std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const override;
  TimeChain chain_;
  std::optional<SpectralCovariance> covariance_;
  std::shared_ptr<const FrameRecursion> whiten_;  ///< B: (x_t - phi_t x_{t-1}) / q_t, x_0 / s_0
  std::vector<double> constant_;                  ///< c_t / q_t, m_0 / s_0 of the local frames
};

}  // namespace lacuna
