#include "survey/log_normal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace lacuna {

LogNormal::LogNormal(const Fft& fft, const std::function<double(const Mode&)>& power, double shift) : shift_(shift) {
  const Modes& modes = fft.modes();
  const Shape& shape = fft.cube().shape();
  const double N = static_cast<double>(shape.pixels());
  if (shape.frames * shape.channels != 1) throw Error("LogNormal: one frame and one channel are needed");
  const std::vector<double> share = modes.share();
  power_.resize(share.size());
  together(fft.cube().comm(),
           [&] { modes.forEach([&](const Mode& m) { power_[static_cast<std::size_t>(m.local)] = power(m); }); });

  const PetscInt line = modes.lineLength() * modes.inner(), row = fft.rowLength();
  std::vector<double> xi(static_cast<std::size_t>(fft.cube().space().local()));
  fft.backward(
      modes.planes(),
      [&](PetscInt, PetscInt first, PetscInt count, Fft::Complex* lines) {
        for (PetscInt i = 0; i < count * line; ++i) {
          const auto k = static_cast<std::size_t>(first * line + i);
          lines[i] = power_[k] * share[k] / N;
        }
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        std::copy_n(rows, count * row, &xi[static_cast<std::size_t>(first * row)]);
      });

  together(fft.cube().comm(), [&] {
    for (double& x : xi) {
      const double ratio = x / (shift_ * shift_);
      if (!(ratio > -1))
        throw Error(ExitCode::BadConfig, "log-normal convergence: the shift " + std::to_string(shift_) +
                                             " is too small for the spectrum: the correlation " + std::to_string(x) +
                                             " at some separation is below -shift^2");
      x = std::log1p(ratio);
    }
  });
  std::array<double, 2> mine{}, all{};  // negative and positive power over all modes: those kept once count twice
  fft.forward(
      modes.planes(),
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        std::copy_n(&xi[static_cast<std::size_t>(first * row)], count * row, rows);
      },
      [&](PetscInt, PetscInt first, PetscInt count, Fft::Complex* lines) {
        for (PetscInt i = 0; i < count * line; ++i) {
          const auto k = static_cast<std::size_t>(first * line + i);
          const double p = lines[i].real();
          mine[p < 0 ? 0 : 1] += 2 * share[k] * std::abs(p);
          power_[k] = std::max(p, 0.0);
        }
      });
  checkMpi(MPI_Allreduce(mine.data(), all.data(), 2, MPI_DOUBLE, MPI_SUM, fft.cube().comm()));
  clipped_ = all[1] > 0 ? all[0] / all[1] : 0;
  variance_ = all[1] / N;
}

void LogNormal::transform(Vec s) const {
  const WriteLocal field(s);
  for (PetscInt i = 0; i < field.size(); ++i) field[i] = shift_ * std::expm1(field[i] - 0.5 * variance_);
}

}  // namespace lacuna
