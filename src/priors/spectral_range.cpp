#include "priors/spectral_range.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "grid/frames.hpp"

namespace lacuna {

bool hasStillModes(const Cube& cube, const Transfer& power) {
  int mine = 0, any = 0;
  Modes(cube).forEach([&](const Mode& k) { mine |= power(k) == 0; });
  checkMpi(MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_LOR, cube.comm()));
  return any != 0;
}

SpectralRange::SpectralRange(std::shared_ptr<const Fft> fft, const Transfer& power, double mean)
    : Model(fft->cube().space(), fft->cube().space()), cube_(fft->cube()), mean_(mean) {
  const Transfer varies = [power](const Mode& k) { return power(k) > 0 ? 1.0 : 0.0; };
  projection_ = std::make_shared<SpectralFilter>(std::move(fft), std::vector<Transfer>{varies});
}

void SpectralRange::doApply(Vec x, Vec y) const {
  const ScratchVec about = domain().scratch();
  check(VecCopy(x, about));
  check(VecShift(about, -mean_));
  projection_->apply(about, y);
  check(VecShift(y, mean_));
}

void SpectralRange::restrict(Vec x) const {
  const ScratchVec y = range().scratch();
  doApply(x, y);
  check(VecCopy(y, x));
}

void SpectralRange::restrictAboveZero(Vec x) const {
  restrict(x);
  const auto frames = static_cast<std::size_t>(cube_.shape().frames);
  std::vector<double> mean(frames, 0), least(frames, std::numeric_limits<double>::infinity());
  const WriteLocal v(x);
  forFrames(cube_, v, [&](std::size_t t, std::span<double> entries) {
    for (const double e : entries) {
      mean[t] += e / static_cast<double>(cube_.shape().pixels());
      least[t] = std::min(least[t], e);
    }
  });
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, mean.data(), static_cast<int>(frames), MPI_DOUBLE, MPI_SUM, cube_.comm()));
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, least.data(), static_cast<int>(frames), MPI_DOUBLE, MPI_MIN, cube_.comm()));
  forFrames(cube_, v, [&](std::size_t t, std::span<double> entries) {
    const double m = mean[t], part = m > 0 ? m / (m - least[t]) : 0;
    if (least[t] >= 0) return;
    for (double& e : entries) e = std::max(std::max(m, 0.0) + part * (e - m), 0.0);  // rounding aside it is not below
  });
}

}  // namespace lacuna
