#include "priors/spectral_range.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"

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
  const auto frames = static_cast<std::size_t>(cube_.shape().frames),
             count = static_cast<std::size_t>(cube_.box().count[0]),
             first = static_cast<std::size_t>(cube_.box().start[0]);
  std::vector<double> mean(frames, 0), least(frames, std::numeric_limits<double>::infinity());
  const WriteLocal v(x);
  const std::size_t slab = count > 0 ? static_cast<std::size_t>(v.size()) / count : 0;
  for (std::size_t f = 0; f < count; ++f)
    for (std::size_t i = f * slab; i < (f + 1) * slab; ++i) {
      mean[first + f] += v[static_cast<PetscInt>(i)] / static_cast<double>(cube_.shape().pixels());
      least[first + f] = std::min(least[first + f], v[static_cast<PetscInt>(i)]);
    }
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, mean.data(), static_cast<int>(frames), MPI_DOUBLE, MPI_SUM, cube_.comm()));
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, least.data(), static_cast<int>(frames), MPI_DOUBLE, MPI_MIN, cube_.comm()));
  for (std::size_t f = 0; f < count; ++f) {
    const double m = mean[first + f], low = least[first + f];
    if (low >= 0) continue;
    const double part = m > 0 ? m / (m - low) : 0;
    for (std::size_t i = f * slab; i < (f + 1) * slab; ++i) {
      double& value = v[static_cast<PetscInt>(i)];
      value = std::max(std::max(m, 0.0) + part * (value - m), 0.0);  // rounding aside it is not below
    }
  }
}

}  // namespace lacuna
