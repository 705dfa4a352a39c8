#include "operators/spectral_synthesis.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace lacuna {
namespace {

using Complex = Fft::Complex;

/// out <- 1/2 T (a + i b): Fft::backward counts every kept mode twice.
void spread(const double* packed, const double* transfer, PetscInt modes, Complex* out) {
  auto* o = reinterpret_cast<double*>(out);
  for (PetscInt i = 0; i < modes; ++i) {
    const double t = 0.5 * transfer[i];
    o[2 * i] = t * packed[2 * i];
    o[2 * i + 1] = t * packed[2 * i + 1];
  }
}
/// packed <- T X, or packed += T X
void collect(const Complex* in, const double* transfer, PetscInt modes, bool add, double* packed) {
  const auto* v = reinterpret_cast<const double*>(in);
  if (add)
    for (PetscInt i = 0; i < modes; ++i) {
      packed[2 * i] += transfer[i] * v[2 * i];
      packed[2 * i + 1] += transfer[i] * v[2 * i + 1];
    }
  else
    for (PetscInt i = 0; i < modes; ++i) {
      packed[2 * i] = transfer[i] * v[2 * i];
      packed[2 * i + 1] = transfer[i] * v[2 * i + 1];
    }
}

}  // namespace

SpectralSynthesis::SpectralSynthesis(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers)
    : SpectralSynthesis(fft, transfers, fft->cube().withChannels(static_cast<PetscInt>(transfers.size()))) {}

SpectralSynthesis::SpectralSynthesis(std::shared_ptr<const Fft> fft, const std::vector<Transfer>& transfers, Cube range)
    : LinearOperator(fft->modes().space(), range.space()),
      fft_(std::move(fft)),
      rangeCube_(std::move(range)),
      channels_(static_cast<PetscInt>(transfers.size())) {
  if (fft_->cube().shape().channels != 1) throw Error("SpectralSynthesis: the modes must have one channel");
  const std::vector<double> packing = fft_->modes().packingScale();
  const double norm = 1 / std::sqrt(static_cast<double>(fft_->cube().shape().pixels()));
  together(fft_->cube().comm(), [&] {
    for (const Transfer& T : transfers) {
      auto& values = transfer_.emplace_back(packing);
      fft_->modes().forEach([&](const Mode& mode) {
        double& value = values[static_cast<std::size_t>(mode.local)];
        if (value == 0) return;  // a dead entry
        value *= norm * T(mode);
        if (!std::isfinite(value))
          throw Error("SpectralSynthesis: the transfer function of channel " + std::to_string(transfer_.size() - 1) +
                      " is not finite at mode (" + std::to_string(mode.fx) + ", " + std::to_string(mode.fy) + ", " +
                      std::to_string(mode.fz) + ") cycles per pixel");
      });
    }
  });
}

VecHandle SpectralSynthesis::gramDiagonal() const {
  VecHandle d = domain().vec();
  const WriteLocal out(d);
  const PetscInt modes = fft_->modes().perPlane();
  const double N = static_cast<double>(fft_->cube().shape().pixels());
  const std::vector<double> packing = fft_->modes().packingScale();
  for (PetscInt i = 0; i < modes; ++i) {
    double sum = 0;
    const double s = packing[static_cast<std::size_t>(i)];
    for (const auto& t : transfer_)
      if (s > 0) sum += N * t[static_cast<std::size_t>(i)] * t[static_cast<std::size_t>(i)] / (s * s);
    for (PetscInt p = 0; p < fft_->modes().planes(); ++p) {
      out[2 * (p * modes + i)] = sum;
      out[2 * (p * modes + i) + 1] = s * s > 1.5 ? sum : 0;  // b of a mode that is its own image is dead
    }
  }
  return d;
}

/// One plane of the range (frame f, channel c) for one plane of the domain (frame f).
template <class F>
void SpectralSynthesis::forEachPlane(F&& f) const {
  const PetscInt frames = fft_->modes().planes();
  for (PetscInt frame = 0; frame < frames; ++frame)
    for (PetscInt c = 0; c < channels_; ++c) f(frame, c, frame * channels_ + c);
}

void SpectralSynthesis::doApplyForward(Vec x, Vec y) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  const PetscInt modes = fft_->modes().perPlane(), line = fft_->modes().lineLength() * fft_->modes().inner();
  const PetscInt row = fft_->rowLength(), rows = rangeCube_.box().count[rangeCube_.slabAxis()];
  forEachPlane([&](PetscInt frame, PetscInt c, PetscInt plane) {
    const double* from = in.data() + 2 * frame * modes;
    const double* T = transfer_[static_cast<std::size_t>(c)].data();
    double* to = out.data() + plane * rows * row;
    fft_->backward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          spread(from + 2 * first * line, T + first * line, count * line, lines);
        },
        [&](PetscInt, PetscInt first, PetscInt count, double* block) {
          std::copy_n(block, count * row, to + first * row);
        });
  });
}

void SpectralSynthesis::doApplyAdjoint(Vec y, Vec x) const {
  const ReadLocal in(y);
  const WriteLocal out(x);
  const PetscInt modes = fft_->modes().perPlane(), line = fft_->modes().lineLength() * fft_->modes().inner();
  const PetscInt row = fft_->rowLength(), rows = rangeCube_.box().count[rangeCube_.slabAxis()];
  forEachPlane([&](PetscInt frame, PetscInt c, PetscInt plane) {
    const double* from = in.data() + plane * rows * row;
    const double* T = transfer_[static_cast<std::size_t>(c)].data();
    double* to = out.data() + 2 * frame * modes;
    fft_->forward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, double* block) {
          std::copy_n(from + first * row, count * row, block);
        },
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          collect(lines, T + first * line, count * line, c > 0, to + 2 * first * line);
        });
  });
}

void SpectralSynthesis::doApplyGram(Vec w, Vec x, Vec y) const {
  const ReadLocal weights(w), in(x);
  const WriteLocal out(y);
  const PetscInt modes = fft_->modes().perPlane(), line = fft_->modes().lineLength() * fft_->modes().inner();
  const PetscInt row = fft_->rowLength(), rows = rangeCube_.box().count[rangeCube_.slabAxis()];
  forEachPlane([&](PetscInt frame, PetscInt c, PetscInt plane) {
    const double* from = in.data() + 2 * frame * modes;
    const double* W = weights.data() + plane * rows * row;
    const double* T = transfer_[static_cast<std::size_t>(c)].data();
    double* to = out.data() + 2 * frame * modes;
    fft_->sandwich(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          spread(from + 2 * first * line, T + first * line, count * line, lines);
        },
        [&](PetscInt, PetscInt first, PetscInt count, double* block) {
          const double* weight = W + first * row;
          for (PetscInt i = 0; i < count * row; ++i) block[i] *= weight[i];
        },
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          collect(lines, T + first * line, count * line, c > 0, to + 2 * first * line);
        });
  });
}

}  // namespace lacuna
