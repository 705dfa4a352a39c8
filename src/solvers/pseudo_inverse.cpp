#include "solvers/pseudo_inverse.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "operators/psf_transfer.hpp"

namespace lacuna {
namespace {

using Complex = Fft::Complex;

}  // namespace

SpectralInverse::SpectralInverse(std::shared_ptr<const Fft> fft, std::vector<Psf> psfs, SpectralWeight weight,
                                 std::vector<double> factors)
    : fft_(std::move(fft)),
      psfs_(std::move(psfs)),
      weight_(std::move(weight)),
      factors_(std::move(factors)),
      alike_(psfs_.size() == 1 && std::ranges::all_of(factors_, [&](double f) { return f == factors_[0]; })) {
  const Shape& s = fft_->cube().shape();
  if (s.channels != 1) throw Error("SpectralInverse: data of one channel are needed");
  if (psfs_.size() != 1 && psfs_.size() != static_cast<std::size_t>(s.frames))
    throw Error("SpectralInverse: one PSF, or one a frame");
  if (!factors_.empty() && factors_.size() != static_cast<std::size_t>(s.frames))
    throw Error("SpectralInverse: a factor for each frame");
}

std::size_t SpectralInverse::pixels() const {
  const Box& box = fft_->cube().box();
  return static_cast<std::size_t>(box.count[2]) * box.count[3] * box.count[4];
}

SpectralInverse::Spectrum SpectralInverse::transfer(PetscInt plane) const {
  const auto frame = static_cast<std::size_t>(fft_->cube().box().start[0] + plane);
  Spectrum h = psfTransfer(fft_->modes(), psfs_.size() == 1 ? psfs_.front() : psfs_[frame]);
  if (!factors_.empty())
    for (Complex& v : h) v *= factors_[frame];
  return h;
}

void SpectralInverse::forward(PetscInt plane, const double* in, Spectrum& out) const {
  const PetscInt row = fft_->rowLength(), line = fft_->modes().lineLength() * fft_->modes().inner();
  const double* from = in + static_cast<std::size_t>(plane) * pixels();
  fft_->forward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        std::copy_n(from + static_cast<std::size_t>(first) * row, static_cast<std::size_t>(count) * row, rows);
      },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        std::copy_n(lines, static_cast<std::size_t>(count) * line,
                    out.begin() + static_cast<std::ptrdiff_t>(first) * line);
      });
}

void SpectralInverse::backward(const Spectrum& in, double* out) const {
  const PetscInt row = fft_->rowLength(), line = fft_->modes().lineLength() * fft_->modes().inner();
  fft_->backward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(first) * line, static_cast<std::size_t>(count) * line,
                    lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        std::copy_n(rows, static_cast<std::size_t>(count) * row, out + static_cast<std::size_t>(first) * row);
      });
}

std::vector<double> SpectralInverse::weights(const std::vector<double>& power) const {
  std::vector<double> w = fft_->modes().share();
  const double norm = 1 / static_cast<double>(fft_->cube().shape().pixels());
  fft_->modes().forEach([&](const Mode& mode) {
    const auto i = static_cast<std::size_t>(mode.local);
    w[i] *= norm * weight_(power[i], mode);
  });
  return w;
}

void SpectralInverse::apply(Vec y, Vec x) const {
  const Cube& cube = fft_->cube();
  if (!cube.space().holds(y) || !cube.space().holds(x) || x == y)
    throw Error("SpectralInverse: two vectors in the space of the data are needed");
  const ReadLocal in(y);
  const WriteLocal out(x);
  const auto modes = static_cast<std::size_t>(fft_->modes().perPlane());
  Spectrum h, data(modes);
  std::vector<double> power(modes), w;
  for (PetscInt plane = 0; plane < fft_->modes().planes(); ++plane) {
    if (plane == 0 || !alike_) {
      h = transfer(plane);
      std::transform(h.begin(), h.end(), power.begin(), [](Complex c) { return std::norm(c); });
      w = weights(power);
    }
    forward(plane, in.data(), data);
    for (std::size_t i = 0; i < modes; ++i) data[i] *= w[i] * std::conj(h[i]);
    backward(data, out.data() + static_cast<std::size_t>(plane) * pixels());
  }
}

void SpectralInverse::applyStack(Vec y, const Cube& image, Vec x) const {
  if (!fft_->cube().space().holds(y) || !image.space().holds(x) || image.gridPointer() != fft_->cube().gridPointer())
    throw Error("SpectralInverse: the vectors are not those of the epochs and of the image");
  const auto modes = static_cast<std::size_t>(fft_->modes().perPlane());
  Spectrum data(modes), sum(modes);
  std::vector<double> power(modes);
  {
    const ReadLocal in(y);
    for (PetscInt plane = 0; plane < fft_->modes().planes(); ++plane) {
      const Spectrum h = transfer(plane);
      forward(plane, in.data(), data);
      for (std::size_t i = 0; i < modes; ++i) sum[i] += std::conj(h[i]) * data[i], power[i] += std::norm(h[i]);
    }
  }
  const MPI_Comm time = fft_->cube().grid().time();
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, sum.data(), static_cast<int>(modes), MPI_C_DOUBLE_COMPLEX, MPI_SUM, time));
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, power.data(), static_cast<int>(modes), MPI_DOUBLE, MPI_SUM, time));
  const std::vector<double> w = weights(power);
  for (std::size_t i = 0; i < modes; ++i) sum[i] *= w[i];
  std::vector<double> rows(pixels());
  backward(sum, rows.data());
  const WriteLocal out(x);
  if (out.size() > 0) std::copy(rows.begin(), rows.end(), out.data());
}

double SpectralInverse::largestPower(bool stack) const {
  const auto modes = static_cast<std::size_t>(fft_->modes().perPlane());
  std::vector<double> sum(modes);
  double largest = 0, all = 0;
  for (PetscInt plane = 0; plane < fft_->modes().planes(); ++plane) {
    const Spectrum h = transfer(plane);
    for (std::size_t i = 0; i < modes; ++i) {
      sum[i] = (stack ? sum[i] : 0) + std::norm(h[i]);
      largest = std::max(largest, sum[i]);
    }
    if (!stack && alike_) break;
  }
  const ProcessGrid& grid = fft_->cube().grid();
  if (stack) {
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, sum.data(), static_cast<int>(modes), MPI_DOUBLE, MPI_SUM, grid.time()));
    largest = sum.empty() ? 0 : *std::max_element(sum.begin(), sum.end());
  }
  checkMpi(MPI_Allreduce(&largest, &all, 1, MPI_DOUBLE, MPI_MAX, grid.all()));
  return all;
}

SpectralWeight pseudoInverseWeight(double cutoff, double largestPower) {
  const double least = cutoff * cutoff * largestPower;
  return [least](double power, const Mode&) { return power > 0 && power >= least ? 1 / power : 0; };
}

SpectralWeight wienerWeight(double variance, std::function<double(const Mode&)> R) {
  return [variance, R = std::move(R)](double power, const Mode& mode) {
    const double precision = power + variance * R(mode);
    return precision > 0 ? 1 / precision : 0;
  };
}

std::function<double(const Mode&)> smoothnessSpectrum(double strength, int order,
                                                      const std::array<double, 3>& spacing) {
  return [=](const Mode& mode) {
    double laplacian = 0;
    const std::array<double, 3> f{mode.fz, mode.fy, mode.fx};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double s = 2 * std::sin(std::numbers::pi * f[axis]) / spacing[axis];
      laplacian += s * s;
    }
    return strength * (order == 1 ? laplacian : laplacian * laplacian);
  };
}

}  // namespace lacuna
