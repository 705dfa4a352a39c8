#include "solvers/convex.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/stage.hpp"
#include "solvers/bounds.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/spectral_preconditioner.hpp"

namespace lacuna {
namespace {

/// Of a point where E is `value`; `addSubgradient` is empty where E has a gradient and all directions are free.
Optimality optimality(const ConvexProblem& problem, const ConvexEnergy& energy, Vec x, double value,
                      const ProximalOptions::AddSubgradient& addSubgradient,
                      const std::function<void(Vec)>& project = {}) {
  const std::shared_ptr<const Term> term = energy.term(addSubgradient ? std::numeric_limits<double>::infinity() : 0);
  const ScratchVec g = term->space().scratch();
  const double smooth = term->valueAndGradient(x, g);
  Optimality left;
  if (addSubgradient) {
    PetscScalar before = 0, after = 0;
    check(VecDot(g, x, &before));
    addSubgradient(g);
    check(VecDot(g, x, &after));
    left.slack = std::max(value - smooth - (after - before), 0.0);
  }
  if (project) {
    project(g);
    check(VecNorm(g, NORM_2, &left.residual));
    return left;
  }
  const double lowest = -std::numeric_limits<double>::infinity();
  left.residual = Bounds(term->space(), problem.positive ? 0 : lowest, nullptr).kktResidual(x, g);
  return left;
}

/// x <- (1 - part) x + part start, with the least of a few parts that makes E finite; E there. The result of ADMM may
/// say that nothing can be where something was counted; the start did not.
double mixInStart(const std::function<double(Vec)>& value, Vec start, Vec x) {
  double energy = std::numeric_limits<double>::infinity(), taken = 0;
  for (const double part : {1e-6, 1e-4, 1e-2, 1.0}) {
    if (std::isfinite(energy)) break;
    check(VecAXPBY(x, (part - taken) / (1 - taken), (1 - part) / (1 - taken), start));
    taken = part;
    energy = value(x);
  }
  return energy;
}

/// Whether Richardson-Lucy, from the same start, does so much better than ADMM, by half of what that has still to go at
/// least, that it is the way to go.
class Trial {
 public:
  /// Views. `x`, ADMM's, becomes the result of Richardson-Lucy from `start`.
  Trial(const ConvexEnergy& energy, const ConvexOptions& options, Vec start, Vec x, Observer* observer)
      : energy_(energy), options_(options), start_(start), x_(x), observer_(observer) {}

  static constexpr int iterations = 40;
  bool won() const { return won_; }
  double value() const { return value_; }
  State& keepIn(State& state) {
    return state.value("tried", tried_).value("trial_won", won_).value("trial_energy", value_);
  }

  bool goesOn(const ProximalResult& admm) {
    constexpr int begins = 50;
    constexpr double far = 1e-3;  // of the way
    if (tried_ || admm.iterations < begins) return true;
    if (admm.gap <= far * (admm.startEnergy - admm.energy)) return tried_ = true;
    check(VecCopy(start_, x_));
    liftZeros(x_);
    Quiet quiet(observer_);
    try {
      options_.richardsonLucy(iterations, x_, observer_ ? &quiet : nullptr);
      value_ = energy_.value(x_);
    } catch (const RankError& e) {  // the same on all ranks
      if (e.code() != ExitCode::Diverged) throw;
      value_ = std::numeric_limits<double>::infinity();  // lost
    }
    tried_ = true;  // not before: a run that is stopped in the trial goes on in it
    won_ = value_ < admm.energy - (std::isfinite(admm.gap) ? 0.5 * admm.gap : 0);
    return !won_;
  }

 private:
  /// Richardson-Lucy leaves zeros where they are: none in its start, but a hundredth of the mean.
  static void liftZeros(Vec x) {
    PetscScalar sum = 0;
    PetscInt n = 0;
    check(VecSum(x, &sum));
    check(VecGetSize(x, &n));
    const WriteLocal v(x);
    for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::max(v[i], 1e-2 * sum / static_cast<double>(n));
  }

  const ConvexEnergy& energy_;
  const ConvexOptions& options_;
  Vec start_, x_;
  Observer* observer_;
  double value_ = 0;
  bool tried_ = false, won_ = false;
};

/// Newton's method from x, with norms rounded ever less.
void polish(const ConvexProblem& problem, const ConvexEnergy& energy, const ConvexOptions& options, Vec x,
            Observer* observer, ConvexResult& r) {
  MapOptions how;
  how.method = "newton";
  how.rtol = options.proximal.rtol;
  how.startEnergy = r.startEnergy;
  how.iterations = r.richardsonLucyIterations > 0 ? options.proximal.iterations : options.newtonIterations;
  how.prefix = options.prefix;
  if (problem.positive) how.lower = 0;
  // It pays where pixels far from one another know of one another; neighbours alone are soon done without.
  std::optional<SpectralPreconditioner> spectral;
  if (problem.chain || problem.power) {
    spectral.emplace(problem);
    how.preconditioner = [&](const TermAt& at) { return spectral->at(at); };
  }
  const MapResult m = solveRounded(energy, how, x, observer);
  static_cast<Stopped&>(r) = m;
  r.newtonIterations = m.iterations;
  r.optimality = {m.gradientNorm};
  r.energy = m.energy;
  r.gap = m.gap;
  r.iterations = r.proximalIterations + r.richardsonLucyIterations + r.newtonIterations;
}

}  // namespace

ConvexResult solveConvex(const ConvexProblem& problem, const ConvexEnergy& energy, const ConvexOptions& options, Vec x,
                         Observer* observer) {
  const bool held = problem.smooth > 0 || problem.chain || problem.power;
  ProximalOptions first = options.proximal;
  // Newton's method cannot keep to some directions and to bounds.
  const bool gradient = energy.term && energy.corner == 0 && !first.project;
  if (gradient && held) {
    first.gap = std::max(first.gap, problem.chain || problem.power ? options.handOver : options.handOverEarly);
    first.fine = options.handOver;
  }
  const Space& space = problem.image.space();
  const ScratchVec start = space.scratch();
  check(VecCopy(x, start));
  Trial trial(energy, options, start, x, observer);
  if (energy.term && !first.project && options.richardsonLucy)
    first.goesOn = [&](const ProximalResult& p) { return trial.goesOn(p); };
  first.start = start;
  if (energy.term && (energy.corner > 0 || first.project))
    first.optimality = [&](Vec at, double value, const ProximalOptions::AddSubgradient& add) {
      return optimality(problem, energy, at, value, add, first.project);
    };
  ProximalResult p;
  State state;
  state.field("x", space, x).field("start", space, start);
  Stage stage(observer, "admm", trial.keepIn(p.keepIn(state)));
  stage.once([&] {
    p = solveProximal(problem, energy.value, first, x, observer);
    if (trial.won() || !std::isinf(p.energy)) return;
    p.energy = mixInStart(energy.value, start, x);
    p.optimality = {};
  });

  ConvexResult r;
  static_cast<Stopped&>(r) = p;
  r.startEnergy = p.startEnergy;
  r.proximalIterations = p.iterations;
  r.penalties = p.penalties;
  r.optimality = p.optimality;
  r.energy = p.energy;
  r.gap = p.gap;
  if (trial.won()) {
    r.richardsonLucyIterations = Trial::iterations;
    r.energy = trial.value();
    r.gap = std::numeric_limits<double>::infinity();
  }
  const auto near = [&] { return r.gap <= options.proximal.rtol * (r.startEnergy - r.energy + r.gap); };
  if (std::isfinite(r.energy) && (trial.won() || (gradient && held && !(std::isfinite(r.gap) && near()))))
    polish(problem, energy, options, x, observer, r);
  if (gradient) r.optimality = optimality(problem, energy, x, r.energy, {});
  return r;
}

}  // namespace lacuna
