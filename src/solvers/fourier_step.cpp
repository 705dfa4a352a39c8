#include "solvers/fourier_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/spectral_kernels.hpp"

namespace lacuna {
namespace {

template <class Real>
MPI_Datatype mpiType() {
  return sizeof(Real) == sizeof(double) ? MPI_DOUBLE : MPI_FLOAT;
}

}  // namespace

template <class Real>
FourierStep<Real>::FourierStep(const ConvexProblem& problem, const Cube& grid, SplitRows& splits)
    : problem_(problem),
      grid_(grid),
      splits_(splits),
      fft_(grid, problem.planning),
      spectra_(problem, fft_.modes(), splits) {
  if (problem.stack()) stack_.resize(spectra_.size());
  std::optional<TimeChain> chain = problem.chain;
  if (problem.varies()) chain = stepChain();
  std::vector<double> link;
  if (problem.chain && problem.chainPower)
    fft_.modes().forEach([&](const Mode& k) { link.push_back(1 / problem.chainPower(k)); });
  chainMean_ = link.empty() ? 1 : link[0];
  chain_.emplace(grid, fft_.modes().perPlane(), std::move(chain), std::move(link));
}

/// Of the penalty on steps in time.
template <class Real>
TimeChain FourierStep<Real>::stepChain() const {
  return randomWalk(static_cast<std::size_t>(grid_.shape().frames), 1 / std::sqrt(penalties_.step), 0,
                    std::numeric_limits<double>::infinity());
}

template <class Real>
void FourierStep<Real>::factor(const Penalties& penalties) {
  penalties_ = penalties;
  gathered_ = false;
  if (problem_.stack()) {
    gram_.assign(spectra_.size(), 0);
    for (PetscInt e = 0; e < splits_.dataFrames(); ++e)
      for (std::size_t k = 0; k < gram_.size(); ++k) gram_[k] += spectra_.seen(e, k);
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, gram_.data(), static_cast<int>(gram_.size()), MPI_DOUBLE, MPI_SUM,
                           grid_.grid().time()));
  }
  if (problem_.varies()) chain_->setChain(stepChain());
  chain_->factor([&](PetscInt frame, double* d) {
    const PetscInt t = frame - grid_.box().start[0];
    for (std::size_t k = 0; k < spectra_.size(); ++k)
      d[k] += spectra_.diagonal(penalties, k, problem_.stack() ? gram_[k] : spectra_.seen(t, k));
  });
}

template <class Real>
void FourierStep<Real>::blur() {
  gathered_ = false;
  for (PetscInt t = 0; t < chain_->frames(); ++t)
    fft_.forward(
        1, [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.fillPixels(t, first, count, rows); },
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          const std::size_t n = spectra_.modesOf(count), at = spectra_.modesOf(first);
          std::fill_n(chain_->spectrum(t) + at, n, Complex(0));
          addShare(n, spectra_.share() + at, lines, chain_->spectrum(t) + at);
        });
  if (problem_.stack()) {
    if (chain_->frames() > 0) std::copy_n(chain_->spectrum(0), stack_.size(), stack_.data());
    spreadStack();
  }
  for (PetscInt t = 0; t < splits_.dataFrames(); ++t)
    updateData(t, problem_.stack() ? stack_.data() : chain_->spectrum(t));
}

template <class Real>
void FourierStep<Real>::solve() {
  if (problem_.stack()) {
    std::fill(stack_.begin(), stack_.end(), Complex(0));
    for (PetscInt e = 0; e < splits_.dataFrames(); ++e) gatherData(e, stack_.data(), true);
    sumStack();
    if (chain_->frames() > 0) {
      std::copy(stack_.begin(), stack_.end(), chain_->spectrum(0));
      eliminate(0);
      updateImage(0);
      std::copy_n(chain_->spectrum(0), stack_.size(), stack_.data());
    }
    spreadStack();
    for (PetscInt e = 0; e < splits_.dataFrames(); ++e) updateData(e, stack_.data());
    return;
  }
  const PetscInt frames = chain_->frames();
  for (PetscInt step = 0; step < frames; ++step) {
    const PetscInt t = chain_->frameAt(step);
    if (!gathered_) gatherData(t, chain_->spectrum(t), false);
    eliminate(t);
  }
  {
    auto timed = couplePhase_.scope();
    chain_->couple();
  }
  for (PetscInt step = frames - 1; step >= 0; --step) {
    updateImage(chain_->frameAt(step));
    // A frame's x is needed until the next one's is known.
    if (step + 1 < frames) updateAndGather(chain_->frameAt(step + 1));
  }
  if (frames > 0) updateAndGather(chain_->frameAt(0));
  gathered_ = splits_.dataSettleAtOnce();
}

/// h * x, and what the data ask of the next step in its place, where they know at once.
template <class Real>
void FourierStep<Real>::updateAndGather(PetscInt t) {
  if (!splits_.dataSettleAtOnce()) return updateData(t, chain_->spectrum(t));
  const double weight = penalties_.data * splits_.curvature(t);
  fft_.sandwich(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        applyTransfer(spectra_.modesOf(count), spectra_.transfer(t) + spectra_.modesOf(first),
                      chain_->spectrum(t) + spectra_.modesOf(first), lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        splits_.takeData(t, first, count, rows);
        splits_.fillData(t, first, count, rows);
      },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        const std::size_t n = spectra_.modesOf(count), at = spectra_.modesOf(first);
        applyAdjointTransfer(n, weight, spectra_.share() + at, spectra_.transfer(t) + at, lines,
                             chain_->spectrum(t) + at);
      });
}

template <class Real>
void FourierStep<Real>::gatherData(PetscInt t, Complex* into, bool add) {
  const double weight = penalties_.data * splits_.curvature(t);
  fft_.forward(
      1, [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.fillData(t, first, count, rows); },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        const std::size_t n = spectra_.modesOf(count), at = spectra_.modesOf(first);
        (add ? addAdjointTransfer<Real> : applyAdjointTransfer<Real>)(n, weight, spectra_.share() + at,
                                                                      spectra_.transfer(t) + at, lines, into + at);
      });
}

/// The right-hand side of a frame, of which the part of the data is there, and the forward sweep in time.
template <class Real>
void FourierStep<Real>::eliminate(PetscInt t) {
  fft_.forward(
      1, [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.fillPixels(t, first, count, rows); },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        auto timed = chainPhase_.scope();
        const std::size_t n = spectra_.modesOf(count), at = spectra_.modesOf(first);
        Complex* r = chain_->spectrum(t) + at;
        addShare(n, spectra_.share() + at, lines, r);
        if (first == 0 && count > 0) addForcing(t, r);
        chain_->eliminate(t, static_cast<PetscInt>(at), static_cast<PetscInt>(n), r);
      });
}

/// The means of the chain and of the field: constants, and so in the mode k = 0 alone.
template <class Real>
void FourierStep<Real>::addForcing(PetscInt t, Complex* first) const {
  if (fft_.modes().lines().start != 0) return;
  double sum = 0;  // of the pixels, over their number
  if (problem_.chain) sum += chainMean_ * problem_.chain->forcing(static_cast<std::size_t>(grid_.box().start[0] + t));
  sum += spectra_.forcing();
  if (std::isfinite(sum))
    *first +=
        static_cast<Real>(sum * static_cast<double>(grid_.shape().pixels()) * static_cast<double>(spectra_.share()[0]));
}

/// The backward sweep in time, and all that is done to the pixels of x.
template <class Real>
void FourierStep<Real>::updateImage(PetscInt t) {
  fft_.backward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        auto timed = chainPhase_.scope();
        chain_->substitute(t, static_cast<PetscInt>(spectra_.modesOf(first)),
                           static_cast<PetscInt>(spectra_.modesOf(count)), lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.takePixels(t, first, count, rows); });
  splits_.pixelsTaken(t);
}

template <class Real>
void FourierStep<Real>::updateData(PetscInt t, const Complex* x) {
  fft_.backward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        applyTransfer(spectra_.modesOf(count), spectra_.transfer(t) + spectra_.modesOf(first),
                      x + spectra_.modesOf(first), lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) { splits_.takeData(t, first, count, rows); });
}

/// To the group that has the frame of the image, which is the first.
template <class Real>
void FourierStep<Real>::sumStack() {
  const int n = 2 * static_cast<int>(stack_.size());
  auto* values = reinterpret_cast<Real*>(stack_.data());
  const bool root = grid_.grid().timeRank() == 0;
  checkMpi(MPI_Reduce(root ? MPI_IN_PLACE : values, values, n, mpiType<Real>(), MPI_SUM, 0, grid_.grid().time()));
}
template <class Real>
void FourierStep<Real>::spreadStack() {
  checkMpi(MPI_Bcast(stack_.data(), 2 * static_cast<int>(stack_.size()), mpiType<Real>(), 0, grid_.grid().time()));
}

template class FourierStep<float>;
template class FourierStep<double>;

}  // namespace lacuna
