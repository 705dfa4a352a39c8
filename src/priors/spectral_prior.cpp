#include "priors/spectral_prior.hpp"

#include <cmath>
#include <string>

#include "operators/algebra.hpp"
#include "priors/quadratic.hpp"

namespace lacuna {

SpectralCovariance::SpectralCovariance(std::shared_ptr<const Fft> fft, const Transfer& power, Still still)
    : fft_(std::move(fft)), power_(power) {
  const Transfer inverse = [power, still](const Mode& k) {
    const double P = power(k);
    if (P == 0 && still == Still::Weightless) return 0.0;
    if (!(P > 0) || std::isinf(P) || std::isinf(1 / P))
      throw Error(ExitCode::BadData, "Gaussian prior: the power of mode (" + std::to_string(k.fx) + ", " +
                                         std::to_string(k.fy) + ", " + std::to_string(k.fz) + ") cycles per pixel is " +
                                         std::to_string(P) + "; it must be positive");
    return 1 / P;
  };
  precision_ = std::make_shared<SpectralFilter>(fft_, std::vector<Transfer>{inverse});
}

OperatorPointer SpectralCovariance::precisionRoot() const {
  return std::make_shared<SpectralFilter>(
      fft_, std::vector<Transfer>{[this](const Mode& k) { return power_(k) > 0 ? 1 / std::sqrt(power_(k)) : 0; }});
}
OperatorPointer SpectralCovariance::root() const {
  return std::make_shared<SpectralFilter>(
      fft_, std::vector<Transfer>{[this](const Mode& k) { return std::sqrt(power_(k)); }});
}

SpectralPrior::SpectralPrior(std::shared_ptr<const Fft> fft, const Transfer& power, double mean)
    : Prior(fft->cube().space()), covariance_(fft, power, SpectralCovariance::Still::Weightless), mean_{mean} {}

std::unique_ptr<FactoredAt> SpectralPrior::doFactoredAt(Vec x) const {
  return std::make_unique<QuadraticAt>(
      identity(space()), covariance_.precision(), [C = covariance_] { return C.precisionRoot(); }, mean_, x);
}

void SpectralPrior::sample(Rng& rng, Vec x) const {
  const ScratchVec white = space().scratch();
  rng.normal(space(), white);
  covariance_.root()->apply(white, x);
  addToFrames(1, mean_, x);
}

}  // namespace lacuna
