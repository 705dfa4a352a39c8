#include "solvers/image_step.hpp"

#include "solvers/spectral_kernels.hpp"

namespace lacuna {

template <class Real>
bool ImageStep<Real>::suits(const ConvexProblem& problem) {
  return problem.image.shape().frames == 1 && problem.data.shape().frames == 1 && !problem.chain;
}

template <class Real>
ImageStep<Real>::ImageStep(const ConvexProblem& problem, const Cube& grid, SplitRows& splits)
    : splits_(splits),
      image_(grid, problem.planning),
      data_(grid, problem.planning),
      spectra_(problem, image_.modes(), splits),
      inverse_(spectra_.size()) {}

template <class Real>
std::int64_t ImageStep<Real>::bytes(const Cube& grid) {
  return 2 * Fft::bytes(grid) + 8 * static_cast<std::int64_t>(Modes(grid).perPlane());
}

template <class Real>
void ImageStep<Real>::factor(const Penalties& penalties) {
  pixelsIn_ = dataIn_ = false;
  if (!here()) return;
  weight_ = penalties.data * splits_.curvature(0);
  for (std::size_t k = 0; k < inverse_.size(); ++k) {
    const double inverse =
        static_cast<double>(spectra_.share()[k]) / spectra_.diagonal(penalties, k, spectra_.seen(0, k));
    inverse_[k] = static_cast<Real>(inverse);
    if (k == 0 && image_.modes().lines().start == 0)
      forced_ = static_cast<Real>(inverse * spectra_.forcing() * static_cast<double>(image_.cube().shape().pixels()));
  }
}

template <class Real>
void ImageStep<Real>::blur() {
  if (!here()) return;
  pixelsIn_ = dataIn_ = false;
  image_.rowsIn(
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.fillPixels(0, first, count, rows); });
  BasicFft<Real>::turn(image_, data_, [&](PetscInt first, PetscInt count, Complex* x, Complex* hx) {
    const std::size_t n = spectra_.modesOf(count), at = spectra_.modesOf(first);
    std::fill_n(hx, n, Complex(0));
    addShare(n, spectra_.share() + at, x, hx);
    applyTransfer(n, spectra_.transfer(0) + at, hx, hx);
  });
  data_.rowsOut(
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.takeData(0, first, count, rows); });
}

template <class Real>
void ImageStep<Real>::solve() {
  if (!here()) return;
  const auto fillPixels = [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
    splits_.fillPixels(0, first, count, rows);
  };
  const auto fillData = [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
    splits_.fillData(0, first, count, rows);
  };
  if (image_.prepare(2) || !pixelsIn_) image_.rowsIn(fillPixels);
  if (data_.prepare(2) || !dataIn_) data_.rowsIn(fillData);
  BasicFft<Real>::turn(
      image_, data_, [&](PetscInt first, PetscInt count, Complex* x, Complex* hx) { solveLines(first, count, x, hx); });
  pixelsIn_ = splits_.pixelsSettleAtOnce();
  dataIn_ = splits_.dataSettleAtOnce();
  const auto takePixels = [&](PetscInt plane, PetscInt first, PetscInt count, double* rows) {
    splits_.takePixels(0, first, count, rows);
    if (pixelsIn_) fillPixels(plane, first, count, rows);
  };
  const auto takeData = [&](PetscInt plane, PetscInt first, PetscInt count, double* rows) {
    splits_.takeData(0, first, count, rows);
    if (dataIn_) fillData(plane, first, count, rows);
  };
  pixelsIn_ ? image_.rowsOutAndIn(takePixels) : image_.rowsOut(takePixels);
  splits_.pixelsTaken(0);
  dataIn_ ? data_.rowsOutAndIn(takeData) : data_.rowsOut(takeData);
}

template <class Real>
void ImageStep<Real>::solveLines(PetscInt first, PetscInt count, Complex* x, Complex* hx) const {
  const std::size_t at = spectra_.modesOf(first);
  const Complex* h = spectra_.transfer(0) + at;
  solveModes(spectra_.modesOf(count), weight_, inverse_.data() + at, h, x, hx);
  if (forced_ == 0 || first > 0 || count == 0) return;
  x[0] += forced_;
  hx[0] += h[0] * forced_;
}

template class ImageStep<float>;
template class ImageStep<double>;

}  // namespace lacuna
