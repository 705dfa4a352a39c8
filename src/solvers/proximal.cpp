#include "solvers/proximal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/stage.hpp"
#include "solvers/admm.hpp"
#include "solvers/penalty_rule.hpp"

namespace lacuna {
namespace {

/// E - E* from the energies so far, supposing that they go on falling as a geometric series. ADMM's energies fall fast
/// at first and ever more slowly, so that the ratio of the last two falls is too small: its square root is taken. They
/// fall unevenly, too, the more so after a change of the penalties: the series before the last one and that of the last
/// half of all energies are looked at as well, and the largest result counts. Energies need not fall: where they do
/// not there is no estimate.
class GapEstimate {
 public:
  void add(double energy) { energies_.push_back(energy); }
  /// All so far were too large by what makes the last one `energy`.
  void shiftTo(double energy) {
    const double change = energies_.empty() ? 0 : energy - energies_.back();
    for (double& e : energies_) e += change;
  }
  void keepIn(State& state) { state.value("energies", energies_); }
  double value() const {
    const std::size_t n = energies_.size();
    if (n < 4) return none;
    const double b = fall(1, 1), c = fall(0, 1), rounding = std::max(1e-14 * std::abs(energies_[n - 1]), leastGap);
    if (std::abs(b) <= rounding && std::abs(c) <= rounding) return rounding;
    const std::size_t wide = std::max<std::size_t>(1, (n - 1) / 4);
    return std::max({toCome(b, c, slowing), toCome(fall(2, 1), b, 1), toCome(fall(wide, wide), fall(0, wide), 1)});
  }
  /// Whether the last energies have not come lower than those before by more than `least`.
  bool stands(double least) const {
    constexpr std::ptrdiff_t last = 3;
    if (std::ssize(energies_) <= last) return false;
    const auto middle = energies_.end() - last;
    return *std::min_element(middle, energies_.end()) >= *std::min_element(energies_.begin(), middle) - least;
  }

 private:
  static constexpr double none = std::numeric_limits<double>::infinity(), slowing = 0.5;
  /// How far the energy fell over `count` evaluations up to `before` the last.
  double fall(std::size_t before, std::size_t count) const {
    const std::size_t at = energies_.size() - 1 - before;
    return energies_[at - count] - energies_[at];
  }
  /// What a geometric series with these terms has still to come, if its ratio is that of the terms to a power.
  static double toCome(double earlier, double last, double power) {
    if (!(earlier > 0 && last > 0)) return none;
    const double ratio = std::pow(last / earlier, power);
    return ratio < std::pow(0.98, power) ? last * ratio / (1 - ratio) : none;
  }

  std::vector<double> energies_;
};

/// When to ask for the optimality of a problem with norms, which costs as much as a few iterations: where the
/// extrapolation says that the end has come, and now and then.
class OptimalityCheck {
 public:
  void keepIn(State& state) { state.value("checked", last_); }
  bool due(int iteration, bool near) const {
    return iteration >= std::max(first, static_cast<int>((near ? 1.2 : 1.5) * last_));
  }
  void done(int iteration) { last_ = iteration; }

 private:
  static constexpr int first = 100;  ///< energies before are too few, and fall too unevenly, to say when the end comes
  int last_ = 0;
};

/// Of the way to the optimum: what rounding to single precision may hide of the fall of the energy.
constexpr double singleError = 1e-8;

/// Mends an extrapolated gap by the optimality, which is that of x if it is `now`, else of an earlier iteration: false
/// where that does not do.
bool setGap(ProximalResult& r, Vec start, Vec x, bool now) {
  if (std::isnan(r.optimality.slack)) return false;
  r.gap = std::max(r.gap, r.optimality.slack);
  if (!now) return false;
  PetscReal size = 0, ofStart = 0;  // the minimum is not farther away than this
  check(VecNorm(x, NORM_2, &size));
  check(VecNorm(start, NORM_2, &ofStart));
  r.gap = std::min(r.gap, r.optimality.slack + r.optimality.residual * (size + ofStart));
  return true;
}

}  // namespace

std::string whyNotProximal(const ConvexProblem& problem) { return Admm::whyNot(problem); }

Shape proximalGrid(const ConvexProblem& problem) { return Admm::gridShape(problem); }

ProximalResult solveProximal(const ConvexProblem& problem, const std::function<double(Vec)>& energy,
                             const ProximalOptions& options, Vec x, Observer* observer) {
  if (!problem.image.space().holds(x)) throw Error("solveProximal: x is not in the space of the image");
  const double started = MPI_Wtime();
  const Space& space = problem.image.space();
  std::optional<ScratchVec> copy;
  if (!options.start) check(VecCopy(x, copy.emplace(space.scratch())));
  const Vec start = options.start ? options.start : Vec(*copy);
  ProximalResult r;
  r.energy = energy(x);
  r.startEnergy = std::isnan(options.startEnergy) ? r.energy : options.startEnergy;
  r.gap = std::numeric_limits<double>::infinity();
  GapEstimate estimate;
  State state;
  state.field("x", space, x).field("start", space, start).value("iteration", r.iterations);
  estimate.keepIn(r.keepIn(state));
  const Stage stage(observer, "proximal", state);
  Admm admm(problem, options.relaxation);
  const double typical = admm.start(start);
  PenaltyRule rule(problem, admm.gain(), typical);
  admm.setPenalties(rule.first(options.firstPenalty * typical));
  if (options.single) admm.setPrecision(Admm::Precision::Single);
  ArrayViews views;
  State inside = admm.state(views);
  OptimalityCheck optimality;
  bool finer = false;  // the last evaluation was in single precision, the next will not be
  rule.keepIn(inside);
  optimality.keepIn(inside);
  inside.value("finer", finer);
  const Stage splits(observer, "splits", inside);
  if (splits.restored()) admm.resumed();
  const auto result = [&] {
    admm.result(x);
    if (options.restrict) options.restrict(x);
  };
  const auto multipliers = [&](Vec g) {
    admm.addSubgradient(g);
    if (options.project) admm.subtractBoundMultipliers(g);
  };
  const auto tell = [&] {
    if (!observer) return;
    Progress p;
    p.solver = "proximal";
    p.iteration = r.iterations;
    p.energy = r.energy;
    p.seconds = MPI_Wtime() - started;
    p.x = x;
    p.last = !r.converged && r.iterations >= options.iterations;
    observer->iteration(p);
  };
  if (!stage.restored()) tell();
  while (!r.converged) {
    if (r.iterations % options.energyEvery == 0 && options.goesOn) {
      if (!options.goesOn(r)) break;
      result();  // x may have been used
    }
    if (r.iterations >= options.iterations) break;
    ++r.iterations;
    const bool changes = options.adapt && rule.changesAt(r.iterations);
    admm.measure(options.adapt && rule.measuresAt(r.iterations));
    admm.iterate();
    if (changes) {
      const Penalties next = rule.next(admm.penalties(), admm.measured(), admm.ratios());
      if (next != admm.penalties()) admm.setPenalties(next);
    }
    if (r.iterations % options.energyEvery != 0 && r.iterations != options.iterations && !finer) {
      tick(observer);
      continue;
    }
    result();
    r.energy = energy(x);
    if (std::isnan(r.energy)) throw RankError(ExitCode::Diverged, 0, "proximal solver: the energy is not a number");
    if (std::exchange(finer, false)) {
      estimate.shiftTo(r.energy);  // norms (total variation) add up what rounding does to x
      if (r.iterations < options.iterations) {
        tick(observer);
        continue;
      }
    } else {
      estimate.add(r.energy);
    }
    r.gap = estimate.value();
    if (!std::isfinite(r.startEnergy)) r.startEnergy = r.energy;  // a start that is not feasible: the first that is
    const auto wayOf = [&] { return r.startEnergy - r.energy + (std::isfinite(r.gap) ? r.gap : 0); };
    const auto isNear = [&] {
      return std::isfinite(r.gap) && r.gap <= std::max({options.rtol * wayOf(), leastGap, 1e-14 * std::abs(r.energy)});
    };
    const bool rough = admm.precision() == Admm::Precision::Single;
    bool near = isNear();
    const bool last = r.iterations == options.iterations;
    if (options.optimality && (!rough || last) && std::isfinite(r.energy)) {
      const bool due = optimality.due(r.iterations, near);
      if (due || last) r.optimality = options.optimality(x, r.energy, multipliers);
      if (due) optimality.done(r.iterations);  // not at the limit alone: one with a higher limit does not know it
      near = setGap(r, start, x, due || last) && isNear();
    }
    const double way = wayOf();
    const bool enough = r.gap <= options.gap && options.rtol * way < options.fine;
    r.converged = rough ? !near && enough : near || enough;
    finer = rough && !r.converged && (near || estimate.stands(singleError * way));
    if (finer) admm.setPrecision(Admm::Precision::Double);
    tell();
  }
  r.penalties = admm.penalties();
  r.limited = !r.converged;
  r.reason = r.converged ? "reached rtol" : "stopped at the limit of iterations";
  return r;
}

}  // namespace lacuna
