#include "operators/lensing.hpp"

namespace lacuna {

double lensingD1(const Mode& m) {
  const double kk = m.fx * m.fx + m.fy * m.fy;
  return kk > 0 ? (m.fx * m.fx - m.fy * m.fy) / kk : 0;
}

double lensingD2(const Mode& m) {
  if (m.nyquistX && m.nyquistY) return 1;
  if (m.nyquistX || m.nyquistY) return 0;
  const double kk = m.fx * m.fx + m.fy * m.fy;
  return kk > 0 ? 2 * m.fx * m.fy / kk : 0;
}

std::shared_ptr<const SpectralFilter> lensing(std::shared_ptr<const Fft> fft) {
  return std::make_shared<SpectralFilter>(std::move(fft), std::vector<Transfer>{lensingD1, lensingD2});
}

std::shared_ptr<const SpectralFilter> kaiserSquires(std::shared_ptr<const Fft> fft, double sigmaPixels) {
  const Transfer smooth = gaussianSmoothing(sigmaPixels);
  auto inverse = [smooth](double (*D)(const Mode&)) {
    return [smooth, D](const Mode& m) {
      const double d1 = lensingD1(m), d2 = lensingD2(m), dd = d1 * d1 + d2 * d2;
      return dd > 0 ? smooth(m) * D(m) / dd : 0.0;
    };
  };
  return std::make_shared<SpectralFilter>(std::move(fft),
                                          std::vector<Transfer>{inverse(lensingD1), inverse(lensingD2)});
}

}  // namespace lacuna
