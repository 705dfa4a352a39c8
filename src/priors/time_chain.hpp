#pragma once
#include <cstddef>
#include <vector>

namespace lacuna {

/// A Gaussian Markov chain over the frames of a movie, with the same coefficients for every pixel (or Fourier mode):
///   E = 1/2 (x_0 - m_0)^2 / s_0^2 + 1/2 sum_{t >= 1} (x_t - c_t - phi_t x_{t-1})^2 / q_t^2.
/// Its precision is tridiagonal in t. Small: one entry a frame, on every rank.
struct TimeChain {
  double initialMean = 0;        ///< m_0, in units of x
  double initialSd = 1;          ///< s_0; infinity: nothing is known of the first frame
  std::vector<double> phi;       ///< [frame], entry 0 unused
  std::vector<double> constant;  ///< c_t, in units of x; [frame], entry 0 unused
  std::vector<double> sd;        ///< q_t, of the innovation, in units of x; [frame], entry 0 unused

  std::size_t frames() const { return phi.size(); }
  double weight(std::size_t t) const { return t == 0 ? 1 / (initialSd * initialSd) : 1 / (sd[t] * sd[t]); }
  /// Precision at (t, t).
  double diagonal(std::size_t t) const {
    return weight(t) + (t + 1 < frames() ? phi[t + 1] * phi[t + 1] * weight(t + 1) : 0);
  }
  /// Precision at (t, t + 1).
  double offDiagonal(std::size_t t) const { return -phi[t + 1] * weight(t + 1); }
  /// b_t of E = 1/2 x.Qx - b.x + const.
  double forcing(std::size_t t) const {
    const double own = t == 0 ? (initialMean == 0 ? 0 : initialMean * weight(0)) : constant[t] * weight(t);
    return own - (t + 1 < frames() ? phi[t + 1] * constant[t + 1] * weight(t + 1) : 0);
  }
};

/// A random walk, x_t = x_{t-1} + sd sqrt(dt) n_t, from x_0 ~ N(initialMean, initialSd^2): `sd` is that of a step over
/// unit time, in units of x. `times` are those of the frames, in any unit; without them dt = 1. Throws 78 unless the
/// sds are positive (initialSd may be infinite), 65 unless there is one time a frame and they rise strictly.
TimeChain randomWalk(std::size_t frames, double sd, double initialMean, double initialSd,
                     const std::vector<double>& times = {});

/// An Ornstein-Uhlenbeck process sampled at the frames: phi = exp(-dt / correlationTime), x_t - mean = phi (x_{t-1} -
/// mean) + sd sqrt(1 - phi^2) n_t (Uhlenbeck & Ornstein 1930); `sd` is the stationary one, in which x_0 starts. Its
/// time is in the unit of `times`, frames without them. Throws as randomWalk does.
TimeChain ar1(std::size_t frames, double sd, double correlationTime, double mean,
              const std::vector<double>& times = {});

}  // namespace lacuna
