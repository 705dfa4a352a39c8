#include "priors/gaussian_field.hpp"

#include <cmath>
#include <numbers>
#include <string>

namespace lacuna {

double ellOf(const Mode& m, double pixelRadian) {
  return 2 * std::numbers::pi * std::sqrt(m.fx * m.fx + m.fy * m.fy + m.fz * m.fz) / pixelRadian;
}

GaussianField::GaussianField(std::shared_ptr<const Fft> fft, const Spectrum& spectrum, double pixelRadian)
    : fft_(std::move(fft)) {
  amplitude_ = [spectrum, pixelRadian](const Mode& m) {
    const double ell = ellOf(m, pixelRadian), C = spectrum(ell);
    if (!(C >= 0) || std::isinf(C))
      throw Error(ExitCode::BadData, "spectrum: C(ell) = " + std::to_string(C) + " at ell = " + std::to_string(ell));
    return std::sqrt(C) / pixelRadian;
  };
  synthesis_ = std::make_shared<SpectralSynthesis>(fft_, std::vector<Transfer>{amplitude_});
}

std::shared_ptr<const SpectralSynthesis> GaussianField::through(const std::vector<Transfer>& transfers) const {
  std::vector<Transfer> both;
  for (const Transfer& T : transfers) both.push_back([T, S = amplitude_](const Mode& m) { return S(m) * T(m); });
  return std::make_shared<SpectralSynthesis>(fft_, both);
}

void GaussianField::sample(Rng& rng, Vec x) const {
  const ScratchVec xi = synthesis_->domain().scratch();
  rng.normal(synthesis_->domain(), xi);
  synthesis_->apply(xi, x);
}

}  // namespace lacuna
