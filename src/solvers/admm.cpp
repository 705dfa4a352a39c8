#include "solvers/admm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "operators/psf_transfer.hpp"
#include "solvers/spectral_kernels.hpp"

namespace lacuna {
namespace {

const ConvexProblem& checked(const ConvexProblem& p) {
  const std::string why = Admm::whyNot(p);
  if (!why.empty()) throw Error(ExitCode::BadConfig, "the proximal solver cannot do this: " + why);
  return p;
}

Shape withFrames(Shape s, PetscInt frames) {
  s.frames = frames;
  return s;
}

}  // namespace

Admm::Admm(const ConvexProblem& problem, double relaxation)
    : problem_(checked(problem)),
      grid_(problem.image.gridPointer(), gridShape(problem)),
      fft_(grid_, problem.planning),
      line_(static_cast<std::size_t>(fft_.modes().lineLength()) * static_cast<std::size_t>(fft_.modes().inner())),
      data_(problem,
            problem.stack() ? Cube(grid_.gridPointer(), withFrames(grid_.shape(), problem.data.shape().frames)) : grid_,
            relaxation),
      bound_(grid_, problem.image, problem.positive, relaxation),
      share_(fft_.modes().share()) {
  if (problem.totalVariation > 0)
    slope_.emplace(grid_, bound_.rows(), problem.image, problem.totalVariation, problem.spacing, relaxation);
  if (problem.smooth > 0)
    edge_.emplace(grid_, bound_.rows(), problem.image, problem.smooth, problem.spacing, relaxation);
  if (problem.starlet > 0)
    starlet_.emplace(grid_, bound_.rows(), problem.image, problem.scales, problem.starlet, relaxation);
  for (double& s : share_) s /= static_cast<double>(grid_.shape().pixels());
  makeTransfers();
  quadraticTerms();
  std::optional<TimeChain> chain = problem.chain;
  if (problem.timeVariation > 0 && grid_.shape().frames > 1) {
    steps_.emplace(grid_, problem.timeVariation, relaxation);
    chain = stepChain();
  }
  std::vector<double> link;
  if (problem.chain && problem.chainPower)
    fft_.modes().forEach([&](const Mode& k) { link.push_back(1 / problem.chainPower(k)); });
  chainMean_ = link.empty() ? 1 : link[0];
  chain_.emplace(grid_, fft_.modes().perPlane(), std::move(chain), std::move(link));
}

/// Of the penalty on steps in time.
TimeChain Admm::stepChain() const {
  return randomWalk(static_cast<std::size_t>(grid_.shape().frames), 1 / std::sqrt(penalties_.step), 0,
                    std::numeric_limits<double>::infinity());
}

void Admm::makeTransfers() {
  const PetscInt first = problem_.data.box().start[0];
  for (PetscInt t = 0; t < dataFrames(); ++t) {
    const std::size_t which = problem_.psfs.size() == 1 ? 0 : static_cast<std::size_t>(first + t);
    if (t == 0 || problem_.psfs.size() > 1) transfers_.push_back(psfTransfer(fft_.modes(), problem_.psfs[which]));
    psfOf_.push_back(transfers_.size() - 1);
  }
  double mine = 0;
  for (const auto& h : transfers_)
    for (const Complex& v : h) mine = std::max(mine, std::norm(v));
  checkMpi(MPI_Allreduce(&mine, &gain_, 1, MPI_DOUBLE, MPI_MAX, grid_.comm()));
  if (problem_.stack()) stack_.resize(share_.size());
}

/// The quadratic terms but for the penalties and the chain, and |D|^2, by mode.
void Admm::quadraticTerms() {
  fft_.modes().forEach([&](const Mode& k) {
    const double laplacian = squaredDifferences(k, problem_.spacing);
    if (slope_) laplacian_.push_back(laplacian);
    quadratic_.push_back(problem_.smooth * laplacian + (problem_.power ? 1 / problem_.power(k) : 0));
  });
}

void Admm::setPenalties(const Penalties& p) {
  penalties_ = p;
  data_.setPenalty(p.data);
  bound_.setPenalty(p.bound);
  if (slope_) slope_->setPenalty(p.slope);
  if (starlet_) starlet_->setPenalty(p.starlet);
  if (steps_) steps_->setPenalty(p.step);
  factor();
}

void Admm::resumed() {
  if (starlet_) starlet_->resumed();
  if (steps_) steps_->resumed();
  factor();
}

State Admm::state(ArrayViews& views) {
  State state;
  state.value("data_penalty", penalties_.data)
      .value("bound_penalty", penalties_.bound)
      .value("slope_penalty", penalties_.slope)
      .value("starlet_penalty", penalties_.starlet)
      .value("step_penalty", penalties_.step);
  data_.keepIn(state, views);
  bound_.keepIn(state, views);
  if (slope_) slope_->keepIn(state, views);
  if (edge_) edge_->keepIn(state, views);
  if (starlet_) starlet_->keepIn(state, views);
  if (steps_) steps_->keepIn(state, views);
  return state;
}

void Admm::factor() {
  if (problem_.stack()) {
    gram_.assign(share_.size(), 0);
    for (PetscInt e = 0; e < dataFrames(); ++e)
      for (std::size_t k = 0; k < gram_.size(); ++k) gram_[k] += data_.curvature(e) * std::norm(transfer(e)[k]);
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, gram_.data(), static_cast<int>(gram_.size()), MPI_DOUBLE, MPI_SUM,
                           grid_.grid().time()));
  }
  if (steps_) chain_->setChain(stepChain());
  chain_->factor([&](PetscInt frame, double* d) {
    const PetscInt t = frame - grid_.box().start[0];
    for (std::size_t k = 0; k < quadratic_.size(); ++k) {
      const double seen = problem_.stack() ? gram_[k] : data_.curvature(t) * std::norm(transfer(t)[k]);
      d[k] += penalties_.data * seen + penalties_.bound + quadratic_[k] +
              (slope_ ? penalties_.slope * laplacian_[k] : 0) + (starlet_ ? penalties_.starlet : 0);
    }
  });
}

double Admm::start(Vec x) {
  bound_.start(x);
  if (starlet_) starlet_->start(x);
  for (PetscInt t = 0; t < chain_->frames(); ++t)
    fft_.forward(
        1, [&](PetscInt, PetscInt first, PetscInt count, double* rows) { bound_.values(t, first, count, rows); },
        [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
          const std::size_t n = modesOf(count), at = modesOf(first);
          std::fill_n(chain_->spectrum(t) + at, n, Complex(0));
          addShare(n, share_.data() + at, lines, chain_->spectrum(t) + at);
        });
  const auto begin = [&](PetscInt t, PetscInt first, PetscInt count, const double* rows) {
    data_.start(t, first, count, rows);
  };
  if (problem_.stack()) {
    if (chain_->frames() > 0) std::copy_n(chain_->spectrum(0), stack_.size(), stack_.data());
    spreadStack();
  }
  for (PetscInt t = 0; t < dataFrames(); ++t) blur(t, problem_.stack() ? stack_.data() : chain_->spectrum(t), begin);
  return data_.begin();
}

template <class Use>
void Admm::blur(PetscInt t, const Complex* x, Use&& use) {
  fft_.backward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        applyTransfer(modesOf(count), transfer(t) + modesOf(first), x + modesOf(first), lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) { use(t, first, count, rows); });
}

void Admm::iterate() {
  if (problem_.stack()) {
    std::fill(stack_.begin(), stack_.end(), Complex(0));
    for (PetscInt e = 0; e < dataFrames(); ++e) gatherData(e, stack_.data(), true);
    sumStack();
    if (chain_->frames() > 0) {
      std::copy(stack_.begin(), stack_.end(), chain_->spectrum(0));
      eliminate(0);
      updateImage(0);
      std::copy_n(chain_->spectrum(0), stack_.size(), stack_.data());
    }
    spreadStack();
    for (PetscInt e = 0; e < dataFrames(); ++e) updateData(e, stack_.data());
  } else {
    const PetscInt frames = chain_->frames();
    for (PetscInt step = 0; step < frames; ++step) {
      const PetscInt t = chain_->frameAt(step);
      gatherData(t, chain_->spectrum(t), false);
      eliminate(t);
    }
    {
      auto timed = couplePhase_.scope();
      chain_->couple();
    }
    for (PetscInt step = frames - 1; step >= 0; --step) {
      const PetscInt t = chain_->frameAt(step);
      updateImage(t);
      updateData(t, chain_->spectrum(t));
    }
  }
  data_.finish();
  if (edge_) edge_->finish();
  if (steps_) {
    auto timed = couplePhase_.scope();
    steps_->finish();
  }
  if (!starlet_) return;
  auto timed = starletPhase_.scope();
  starlet_->step();
}

void Admm::gatherData(PetscInt t, Complex* into, bool add) {
  const double weight = penalties_.data * data_.curvature(t);
  fft_.forward(
      1, [&](PetscInt, PetscInt first, PetscInt count, double* rows) { data_.fill(t, first, count, rows); },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        const std::size_t n = modesOf(count), at = modesOf(first);
        (add ? addAdjointTransfer : applyAdjointTransfer)(n, weight, share_.data() + at, transfer(t) + at, lines,
                                                          into + at);
      });
}

/// The right-hand side of a frame, of which the part of the data is there, and the forward sweep in time.
void Admm::eliminate(PetscInt t) {
  fft_.forward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        auto timed = pixelPhase_.scope();
        bound_.fill(t, first, count, rows);
        if (slope_) slope_->add(t, first, count, rows);
        if (edge_) edge_->add(t, first, count, rows);
        if (starlet_) starlet_->add(t, first, count, rows);
        if (steps_) steps_->add(t, first, count, rows);
      },
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        auto timed = chainPhase_.scope();
        const std::size_t n = modesOf(count), at = modesOf(first);
        Complex* r = chain_->spectrum(t) + at;
        addShare(n, share_.data() + at, lines, r);
        if (first == 0 && count > 0) addForcing(t, r);
        chain_->eliminate(t, static_cast<PetscInt>(at), static_cast<PetscInt>(n), r);
      });
}

/// The means of the chain and of the field: constants, and so in the mode k = 0 alone.
void Admm::addForcing(PetscInt t, Complex* first) const {
  if (fft_.modes().lines().start != 0) return;
  double sum = 0;  // of the pixels, over their number
  if (problem_.chain) sum += chainMean_ * problem_.chain->forcing(static_cast<std::size_t>(grid_.box().start[0] + t));
  if (problem_.power && problem_.mean != 0) sum += problem_.mean * quadratic_[0];
  if (std::isfinite(sum)) *first += sum * static_cast<double>(grid_.shape().pixels()) * share_[0];
}

/// The backward sweep in time, and all that is done to the pixels of x.
void Admm::updateImage(PetscInt t) {
  fft_.backward(
      1,
      [&](PetscInt, PetscInt first, PetscInt count, Complex* lines) {
        auto timed = chainPhase_.scope();
        std::copy_n(chain_->substitute(t, static_cast<PetscInt>(modesOf(first)), static_cast<PetscInt>(modesOf(count))),
                    modesOf(count), lines);
      },
      [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
        auto timed = pixelPhase_.scope();
        bound_.update(t, first, count, rows);
        if (slope_) slope_->take(first, count, rows);
        if (edge_) edge_->update(t, first, count, rows);
        if (starlet_) starlet_->take(t, first, count, rows);
        if (steps_) steps_->take(t, first, count, rows);
      });
  auto timed = pixelPhase_.scope();
  if (slope_) slope_->step(t);
}

void Admm::updateData(PetscInt t, const Complex* x) {
  blur(t, x, [this](PetscInt frame, PetscInt first, PetscInt count, const double* rows) {
    auto timed = dataPhase_.scope();
    data_.update(frame, first, count, rows);
  });
}

/// To the group that has the frame of the image, which is the first.
void Admm::sumStack() {
  const int n = 2 * static_cast<int>(stack_.size());
  auto* values = reinterpret_cast<double*>(stack_.data());
  const bool root = grid_.grid().timeRank() == 0;
  checkMpi(MPI_Reduce(root ? MPI_IN_PLACE : values, values, n, MPI_DOUBLE, MPI_SUM, 0, grid_.grid().time()));
}
void Admm::spreadStack() {
  checkMpi(MPI_Bcast(stack_.data(), 2 * static_cast<int>(stack_.size()), MPI_DOUBLE, 0, grid_.grid().time()));
}

}  // namespace lacuna
