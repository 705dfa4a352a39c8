#include "solvers/admm.hpp"

#include <limits>
#include <string>

#include "solvers/fourier_step.hpp"
#include "solvers/image_step.hpp"

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
      data_(problem,
            problem.stack() ? Cube(grid_.gridPointer(), withFrames(grid_.shape(), problem.data.shape().frames)) : grid_,
            relaxation),
      bound_(grid_, problem.image, problem.positive, relaxation) {
  if (problem.totalVariation > 0)
    slope_.emplace(grid_, bound_.rows(), problem.image, problem.totalVariation, problem.spacing, relaxation);
  if (problem.smooth > 0)
    edge_.emplace(grid_, bound_.rows(), problem.image, problem.smooth, problem.spacing, relaxation);
  if (problem.starlet > 0)
    starlet_.emplace(grid_, bound_.rows(), problem.image, problem.scales, problem.spacing, problem.starlet, relaxation);
  if (problem.varies()) steps_.emplace(grid_, problem.timeVariation, relaxation);
  makeStep();
}

void Admm::makeStep() {
  step_.reset();  // one at a time: half the memory
  step_ = single_ ? stepOf<float>() : stepOf<double>();
}

template <class Real>
std::unique_ptr<QuadraticStep> Admm::stepOf() {
  SplitRows& rows = *this;
  if (ImageStep<Real>::suits(problem_)) return std::make_unique<ImageStep<Real>>(problem_, grid_, rows);
  return std::make_unique<FourierStep<Real>>(problem_, grid_, rows);
}

void Admm::setPrecision(Precision precision) {
  const bool single = precision == Precision::Single && fits_;
  if (single == single_) return;
  single_ = single;
  makeStep();
  step_->factor(penalties_);
}

void Admm::setPenalties(const Penalties& p) {
  penalties_ = p;
  data_.setPenalty(p.data);
  bound_.setPenalty(p.bound);
  if (slope_) slope_->setPenalty(p.slope);
  if (starlet_) starlet_->setPenalty(p.starlet);
  if (steps_) steps_->setPenalty(p.step);
  step_->factor(p);
}

Penalties Admm::ratios() const {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  Penalties r{none, none, none, none, none};
  const MPI_Comm comm = grid_.comm();
  if (slope_) r.slope = slope_->size().ratio(comm);
  if (starlet_) r.starlet = starlet_->size().ratio(comm);
  if (steps_) r.step = steps_->size().ratio(comm);
  return r;
}

void Admm::resumed() {
  if (starlet_) starlet_->resumed();
  if (steps_) steps_->resumed();
  makeStep();
  step_->factor(penalties_);
}

State Admm::state(ArrayViews& views) {
  State state;
  state.value("data_penalty", penalties_.data)
      .value("bound_penalty", penalties_.bound)
      .value("slope_penalty", penalties_.slope)
      .value("starlet_penalty", penalties_.starlet)
      .value("step_penalty", penalties_.step)
      .value("single_precision", single_);
  data_.keepIn(state, views);
  bound_.keepIn(state, views);
  if (slope_) slope_->keepIn(state, views);
  if (edge_) edge_->keepIn(state, views);
  if (starlet_) starlet_->keepIn(state, views);
  if (steps_) steps_->keepIn(state, views);
  return state;
}

double Admm::start(Vec x) {
  bound_.start(x);
  if (starlet_) starlet_->start(x);
  starting_ = true;
  step_->blur();
  starting_ = false;
  const double typical = data_.begin();
  PetscReal size = 0;
  check(VecNorm(x, NORM_INFINITY, &size));
  const auto moderate = [](double v) { return v > 1e-12 && v < 1e12; };
  fits_ = moderate(size) && moderate(typical);
  return typical;
}

void Admm::iterate() {
  step_->solve();
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

void Admm::addSubgradient(Vec g) {
  if (slope_) slope_->addMultipliers(g);
  if (starlet_) starlet_->addMultipliers(g);
  if (steps_) steps_->addMultipliers(bound_.rows(), problem_.image.space(), g);
}

void Admm::subtractBoundMultipliers(Vec g) const { bound_.subtractMultipliers(g); }

void Admm::fillData(PetscInt t, PetscInt first, PetscInt count, double* rows) const {
  data_.fill(t, first, count, rows);
}

void Admm::fillPixels(PetscInt t, PetscInt first, PetscInt count, double* rows) const {
  auto timed = pixelPhase_.scope();
  if (starting_) return bound_.values(t, first, count, rows);
  bound_.fill(t, first, count, rows);
  if (slope_) slope_->add(t, first, count, rows);
  if (edge_) edge_->add(t, first, count, rows);
  if (starlet_) starlet_->add(t, first, count, rows);
  if (steps_) steps_->add(t, first, count, rows);
}

void Admm::takeData(PetscInt t, PetscInt first, PetscInt count, const double* hx) {
  auto timed = dataPhase_.scope();
  starting_ ? data_.start(t, first, count, hx) : data_.update(t, first, count, hx);
}

void Admm::takePixels(PetscInt t, PetscInt first, PetscInt count, const double* x) {
  auto timed = pixelPhase_.scope();
  bound_.update(t, first, count, x);
  if (slope_) slope_->take(t, first, count, x);
  if (edge_) edge_->update(t, first, count, x);
  if (starlet_) starlet_->take(t, first, count, x);
  if (steps_) steps_->take(t, first, count, x);
}

void Admm::pixelsTaken(PetscInt t) {
  auto timed = pixelPhase_.scope();
  if (slope_) slope_->finish(t);
}

}  // namespace lacuna
