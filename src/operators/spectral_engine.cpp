#include "operators/spectral_engine.hpp"

#include <algorithm>

#include "grid/padding.hpp"
#include "operators/psf_transfer.hpp"

namespace lacuna {
namespace {

std::vector<Block> rows(const ConvolutionProblem& p, Block (ConvolutionProblem::*of)(int) const) {
  std::vector<Block> all;
  for (int r = 0; r < p.image.grid().spaceSize(); ++r) all.push_back((p.*of)(r));
  return all;
}

}  // namespace

Shape SpectralEngine::gridShape(const ConvolutionProblem& p) {
  const Shape& s = p.image.shape();
  std::array<PetscInt, 3> n{s.nz, s.ny, s.nx};
  for (std::size_t a = 0; a < 3; ++a) {
    if (p.boundary == Boundary::Periodic || n[a] == 1) continue;
    PetscInt room = 0;  // what is read beyond the image
    if (p.boundary == Boundary::Reflect) room = p.before[a] + p.after[a];
    if (p.boundary == Boundary::Zero && p.region == Region::Same) room = std::max(p.before[a], p.after[a]);
    n[a] = fastExtent(n[a] + room);
  }
  return {p.data.shape().frames, 1, n[0], n[1], n[2]};
}

SpectralEngine::SpectralEngine(const ConvolutionProblem& p, Planning planning)
    : problem_(p),
      fft_(Cube(p.image.gridPointer(), gridShape(p)), planning),
      image_(p.image, fft_.cube(), rows(p, &ConvolutionProblem::imageRows), p.slab(), p.boundary, {}, p.before,
             p.after),
      data_(p.data, fft_.cube(), rows(p, &ConvolutionProblem::dataRows), p.slab(), Boundary::Zero, p.offset, {}, {}),
      transfer_(p.psfs.size()),
      spectrum_(static_cast<std::size_t>(fft_.modes().perPlane())) {
  const std::vector<double> share = fft_.modes().share();
  const double norm = 1 / static_cast<double>(fft_.cube().shape().pixels());
  for (PetscInt f = 0; f < p.data.box().count[0]; ++f) {
    auto& T = transfer_[p.psfOf(f)];
    if (!T.empty()) continue;
    T = psfTransfer(fft_.modes(), p.psfs[p.psfOf(f)]);
    for (std::size_t i = 0; i < T.size(); ++i) T[i] *= norm * share[i];
  }
}

void SpectralEngine::toSpectrum(const GridEmbedding& field, PetscInt frame, bool conjugate, bool add) const {
  const Modes& modes = fft_.modes();
  const PetscInt line = modes.lineLength() * modes.inner(), row = fft_.rowLength();
  const Complex* transfer = transfer_[problem_.psfOf(frame)].data();
  fft_.forward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, double* block) {
        for (PetscInt r = 0; r < count; ++r) field.putRow(first + r, block + static_cast<std::ptrdiff_t>(r) * row);
      },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        // Products by hand: those of std::complex look for NaN.
        const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(first) * line;
        const double sign = conjugate ? -1 : 1;
        for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(count) * line; ++i) {
          const Complex T = transfer[begin + i], X = lines[i];
          const double re = T.real(), im = sign * T.imag();
          const Complex product(re * X.real() - im * X.imag(), re * X.imag() + im * X.real());
          Complex& out = spectrum_[static_cast<std::size_t>(begin + i)];
          out = add ? out + product : product;
        }
      });
}

void SpectralEngine::fromSpectrum(GridEmbedding& field) const {
  const Modes& modes = fft_.modes();
  const PetscInt line = modes.lineLength() * modes.inner(), row = fft_.rowLength();
  field.clear();
  fft_.backward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        std::copy_n(spectrum_.data() + static_cast<std::ptrdiff_t>(first) * line,
                    static_cast<std::ptrdiff_t>(count) * line, lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* block) {
        for (PetscInt r = 0; r < count; ++r) field.addRow(first + r, block + static_cast<std::ptrdiff_t>(r) * row);
      });
}

void SpectralEngine::forward(const Fill& fill, const Use& use) const {
  for (PetscInt f = 0; f < problem_.data.box().count[0]; ++f) {
    if (!problem_.stack() || f == 0) image_.spread(problem_.imageFrame(f), fill);
    toSpectrum(image_, f, false, false);
    fromSpectrum(data_);
    data_.collect(f, use);
  }
}

void SpectralEngine::adjoint(const Fill& fill, const Use& use) const {
  const PetscInt frames = problem_.data.box().count[0];
  for (PetscInt f = 0; f < frames; ++f) {
    data_.spread(f, fill);
    toSpectrum(data_, f, true, problem_.stack() && f > 0);
    if (problem_.stack() && f + 1 < frames) continue;
    fromSpectrum(image_);
    image_.collect(problem_.imageFrame(f), use);
  }
}

void SpectralEngine::forwardKept(const Fill& fill, const Work& work) const {
  kept_.resize(static_cast<std::size_t>(problem_.data.space().local()));
  forward(fill, [&](PetscInt first, PetscInt count, const double* values) {
    std::copy_n(values, count, kept_.data() + first);
    work(first, count, kept_.data() + first);
  });
}

void SpectralEngine::adjointOfKept(const Use& use) const {
  adjoint([&](PetscInt first, PetscInt count, double* values) { std::copy_n(kept_.data() + first, count, values); },
          use);
}

std::string SpectralEngine::text() const {
  const Shape& s = fft_.cube().shape();
  return "global FFT of " + (s.nz > 1 ? std::to_string(s.nz) + " x " : std::string()) + std::to_string(s.ny) + " x " +
         std::to_string(s.nx);
}

std::int64_t SpectralEngine::bytes() const {
  std::int64_t sum = Fft::bytes(fft_.cube()) + image_.bytes() + data_.bytes() +
                     static_cast<std::int64_t>(sizeof(Complex) * spectrum_.size() + sizeof(double) * kept_.size());
  for (const auto& T : transfer_) sum += static_cast<std::int64_t>(sizeof(Complex) * T.size());
  return sum;
}

}  // namespace lacuna
