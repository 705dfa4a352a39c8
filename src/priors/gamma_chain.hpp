#pragma once
#include "operators/frame_recursion.hpp"
#include "priors/prior.hpp"

namespace lacuna {

/// A Markov chain of positive intensities, x_t | x_{t-1} ~ Gamma(shape a, mean x_{t-1}) and x_0 ~ Gamma(shape a_0, mean
/// m_0), independent pixels: relative steps of sd a^(-1/2), whatever the intensity. With r_t = x_t / x_{t-1}, r_0 = x_0
/// / m_0 (a_0 for a at t = 0)
///   E = sum_t a (r_t - ln r_t) + (PerX) sum_t ln x_t,   x > 0; +inf elsewhere.
/// The density per unit ln x is convex in ln x and keeps its mode where the data say nothing. That per unit x grows
/// without bound as all frames of a pixel go to 0 together, if there are more than a_0: for MAP estimates take PerLogX.
/// Fisher curvature: the Hessian in ln x of PerLogX, carried over to x. Its factor has rows a^(1/2) r_t^(1/2) (d_t /
/// x_t
/// - d_{t-1} / x_{t-1}). Frames may be split over time groups.
class GammaChain final : public Prior {
 public:
  enum class Density { PerX, PerLogX };
  struct Parameters {
    double shape = 10;        ///< a
    double initialShape = 1;  ///< a_0
    double initialMean = 1;   ///< m_0, in units of x
    Density density = Density::PerLogX;
  };
  /// Collective. Throws 78 unless all parameters are positive and finite.
  GammaChain(const Cube& cube, const Parameters& parameters);
  /// The same whatever the density is per. Reserves 64 draws of rng.
  void sample(Rng& rng, Vec x) const override;

 private:
  friend class GammaChainAt;
  std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const override;
  Cube cube_;
  Parameters p_;
  std::shared_ptr<const FrameRecursion> previous_;    ///< (S x)_t = x_{t-1}, 0 for t = 0
  std::shared_ptr<const FrameRecursion> difference_;  ///< x_t - x_{t-1}, x_0 for t = 0
};

}  // namespace lacuna
