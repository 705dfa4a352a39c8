#include "operators/spectral_filter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace lacuna {
namespace {
using Complex = Fft::Complex;
}

SpectralFilter::SpectralFilter(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers)
    : SpectralFilter(fft, transfers, fft->cube().withChannels(static_cast<PetscInt>(transfers.size()))) {}

SpectralFilter::SpectralFilter(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers, Cube range)
    : LinearOperator(fft->cube().space(), range.space()),
      fft_(std::move(fft)),
      rangeCube_(std::move(range)),
      channels_(static_cast<PetscInt>(transfers.size())),
      spectrum_(static_cast<std::size_t>(fft_->modes().perPlane())) {
  if (fft_->cube().shape().channels != 1) throw Error("SpectralFilter: the domain must have one channel");
  const std::vector<double> share = fft_->modes().share();
  const double norm = 1 / static_cast<double>(fft_->cube().shape().pixels());
  together(fft_->cube().comm(), [&] {
    for (const Transfer& T : transfers) {
      auto& values = transfer_.emplace_back(share);
      fft_->modes().forEach([&](const Mode& mode) {
        double& value = values[static_cast<std::size_t>(mode.local)];
        value *= norm * T(mode);
        if (!std::isfinite(value))
          throw Error("SpectralFilter: the transfer function of channel " + std::to_string(transfer_.size() - 1) +
                      " is not finite at mode (" + std::to_string(mode.fx) + ", " + std::to_string(mode.fy) + ", " +
                      std::to_string(mode.fz) + ") cycles per pixel");
      });
    }
  });
}

void SpectralFilter::doApplyForward(Vec x, Vec y) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  const PetscInt line = fft_->modes().lineLength() * fft_->modes().inner();
  const PetscInt row = fft_->rowLength(), plane = row * rangeCube_.box().count[rangeCube_.slabAxis()];
  for (PetscInt frame = 0; frame < fft_->modes().planes(); ++frame) {
    fft_->forward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, double* block) {
          std::copy_n(in.data() + frame * plane + first * row, count * row, block);
        },
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          std::copy_n(lines, count * line, spectrum_.data() + first * line);
        });
    for (PetscInt c = 0; c < channels_; ++c)
      fft_->backward(
          1,
          [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
            const double* T = transfer_[static_cast<std::size_t>(c)].data() + first * line;
            const Complex* X = spectrum_.data() + first * line;
            for (PetscInt i = 0; i < count * line; ++i) lines[i] = T[i] * X[i];
          },
          [&](PetscInt, PetscInt first, PetscInt count, double* block) {
            std::copy_n(block, count * row, out.data() + (frame * channels_ + c) * plane + first * row);
          });
  }
}

void SpectralFilter::doApplyAdjoint(Vec y, Vec x) const {
  const ReadLocal in(y);
  const WriteLocal out(x);
  const PetscInt line = fft_->modes().lineLength() * fft_->modes().inner();
  const PetscInt row = fft_->rowLength(), plane = row * rangeCube_.box().count[rangeCube_.slabAxis()];
  for (PetscInt frame = 0; frame < fft_->modes().planes(); ++frame) {
    std::fill(spectrum_.begin(), spectrum_.end(), Complex(0));
    for (PetscInt c = 0; c < channels_; ++c)
      fft_->forward(
          1,
          [&](PetscInt, PetscInt first, PetscInt count, double* block) {
            std::copy_n(in.data() + (frame * channels_ + c) * plane + first * row, count * row, block);
          },
          [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
            const double* T = transfer_[static_cast<std::size_t>(c)].data() + first * line;
            Complex* X = spectrum_.data() + first * line;
            for (PetscInt i = 0; i < count * line; ++i) X[i] += T[i] * lines[i];
          });
    fft_->backward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          std::copy_n(spectrum_.data() + first * line, count * line, lines);
        },
        [&](PetscInt, PetscInt first, PetscInt count, double* block) {
          std::copy_n(block, count * row, out.data() + frame * plane + first * row);
        });
  }
}

Transfer gaussianSmoothing(double sigmaPixels) {
  const double a = 2 * std::numbers::pi * std::numbers::pi * sigmaPixels * sigmaPixels;
  return [a](const Mode& k) { return std::exp(-a * (k.fx * k.fx + k.fy * k.fy + k.fz * k.fz)); };
}

}  // namespace lacuna
