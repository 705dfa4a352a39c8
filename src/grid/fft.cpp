#include "grid/fft.hpp"

#include "grid/fft_plans.hpp"

namespace lacuna {

template <class Real>
BasicFft<Real>::BasicFft(const Cube& cube, Planning planning, double measureAfter)
    : plans_(std::make_unique<Plans>(cube, planning, measureAfter)) {}
template <class Real>
BasicFft<Real>::~BasicFft() = default;

template <class Real>
const Cube& BasicFft<Real>::cube() const {
  return plans_->cube;
}
template <class Real>
const Modes& BasicFft<Real>::modes() const {
  return plans_->modes;
}
template <class Real>
PetscInt BasicFft<Real>::rowLength() const {
  return plans_->rowLength;
}

template <class Real>
void BasicFft<Real>::forward(PetscInt planes, const Rows& fill, const Lines& use) const {
  plans_->measureIfItPays(planes);
  for (PetscInt p = 0; p < planes; ++p) {
    plans_->rowsIn(p, fill);
    plans_->linesOut(p, use);
  }
}
template <class Real>
void BasicFft<Real>::backward(PetscInt planes, const Lines& fill, const Rows& use) const {
  plans_->measureIfItPays(planes);
  for (PetscInt p = 0; p < planes; ++p) {
    plans_->linesIn(p, fill);
    plans_->rowsOut(p, use);
  }
}
template <class Real>
void BasicFft<Real>::sandwich(PetscInt planes, const Lines& fill, const Rows& work, const Lines& use) const {
  plans_->measureIfItPays(2 * planes);
  for (PetscInt p = 0; p < planes; ++p) {
    plans_->linesIn(p, fill);
    plans_->rowsOutAndIn(p, work);
    plans_->linesOut(p, use);
  }
}

template <class Real>
bool BasicFft<Real>::prepare(PetscInt transforms) const {
  return plans_->measureIfItPays(transforms);
}
template <class Real>
void BasicFft<Real>::rowsIn(const Rows& fill) const {
  plans_->rowsIn(0, fill);
}
template <class Real>
void BasicFft<Real>::rowsOut(const Rows& use) const {
  plans_->rowsOut(0, use);
}
template <class Real>
void BasicFft<Real>::rowsOutAndIn(const Rows& work) const {
  plans_->rowsOutAndIn(0, work);
}
template <class Real>
void BasicFft<Real>::turn(const BasicFft& a, const BasicFft& b, const TwoLines& work) {
  Plans::linesOutAndIn(*a.plans_, *b.plans_, work);
}

template <class Real>
std::int64_t BasicFft<Real>::bytes(const Cube& cube) {
  return (cube.grid().spaceSize() > 1 ? 2 : 1) * static_cast<std::int64_t>(sizeof(Complex)) *
             modesOfPlane<Complex>(cube, Modes(cube)) +
         (256 << 10);
}

template class BasicFft<double>;
template class BasicFft<float>;

}  // namespace lacuna
