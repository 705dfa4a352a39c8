#pragma once
#include "operators/spectral_filter.hpp"
#include "priors/prior.hpp"

namespace lacuna {

/// C, C^-1 and their roots for a periodic Gaussian field with E|FFT x|^2 / N = P(k), as filters: F^-1 P F and so on.
class SpectralCovariance {
 public:
  /// Modes that do not vary, P = 0: refused, or left to a SpectralRange and of no weight here.
  enum class Still { Refused, Weightless };
  /// Collective. Throws 65 unless every mode has 0 < P < infinity, or P = 0 where that is allowed.
  SpectralCovariance(std::shared_ptr<const Fft> fft, const Transfer& power, Still still = Still::Refused);
  const Space& space() const { return precision_->domain(); }
  const OperatorPointer& precision() const { return precision_; }  ///< F^-1 1/P F
  OperatorPointer precisionRoot() const;                           ///< F^-1 P^(-1/2) F, made anew
  OperatorPointer root() const;                                    ///< F^-1 P^(1/2) F, made anew

 private:
  std::shared_ptr<const Fft> fft_;
  Transfer power_;
  OperatorPointer precision_;
};

/// A stationary Gaussian field in the pixels themselves, the same and independent in every frame:
///   E = 1/2 sum_t sum_k |FFT(x_t - mean)(k)|^2 / (N P(k)),
/// with P the power of a mode in units of x squared; its mean over the modes is the variance of a pixel. Periodic on
/// the (padded) grid. Modes with P = 0 are not in the sum: who minimises E holds them at the mean (SpectralRange).
class SpectralPrior final : public Prior {
 public:
  /// Collective. Throws as SpectralCovariance does.
  SpectralPrior(std::shared_ptr<const Fft> fft, const Transfer& power, double mean = 0);
  void sample(Rng& rng, Vec x) const override;

 private:
  std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const override;
  SpectralCovariance covariance_;
  std::array<double, 1> mean_;
};

}  // namespace lacuna
