#include "solvers/projected_newton.hpp"

#include <algorithm>
#include <cmath>

#include "base/stage.hpp"
#include "solvers/newton_step.hpp"

namespace lacuna {
namespace {

constexpr double rounding = 1e-13;  ///< of an energy, relative

double energyOf(const TermAt& at) {
  const double v = at.value();
  if (std::isnan(v)) throw RankError(ExitCode::Diverged, 0, "MAP: the energy is not a number");
  return v;
}

/// Where the iteration stands.
struct Iterate {
  const Term& term;
  const Bounds& bounds;
  Vec x;
  VecHandle g;
  std::unique_ptr<TermAt> at;
  double energy = 0, kkt = 0;

  void takeGradient() {
    at->gradient(g);
    kkt = bounds.kktResidual(x, g);
    PetscReal norm = 0;
    check(VecNorm(g, NORM_1, &norm));
    if (!std::isfinite(norm)) throw RankError(ExitCode::Diverged, 0, "MAP: the gradient is not finite");
  }
};

/// d_i <- the way to the bound, free_i <- 0 where the gradient pushes there and a step of `length` gets there; free_i
/// <- 1 elsewhere. What the former can gain at most, nats.
double chooseFree(const Iterate& here, double length, Vec free, Vec d) {
  return sumOver(here.term.space().comm(), [&] {
    const ReadLocal x(here.x), g(here.g);
    const WriteLocal on(free), way(d);
    double gain = 0;
    for (PetscInt i = 0; i < x.size(); ++i) {
      const double above = x[i] - here.bounds.lower(i);
      const bool bound = g[i] > 0 && above <= length * g[i];
      on[i] = bound ? 0 : 1;
      way[i] = bound ? -above : 0;
      if (bound) gain += above * g[i];
    }
    return gain;
  });
}

/// Length of the step along the gradient without what pushes against bounds that would minimise the quadratic.
double cauchyLength(const Iterate& here, const LinearOperator& H) {
  const Space& space = here.term.space();
  const ScratchVec slope = space.scratch(), bent = space.scratch();
  {
    const ReadLocal x(here.x), g(here.g);
    const WriteLocal s(slope);
    for (PetscInt i = 0; i < x.size(); ++i) s[i] = g[i] < 0 || x[i] > here.bounds.lower(i) ? g[i] : 0;
  }
  H.apply(slope, bent);
  PetscScalar gHg = 0;
  check(VecDot(slope, bent, &gHg));
  return gHg > 0 && std::isfinite(gHg) ? here.kkt * here.kkt / gHg : 0;
}

/// trial <- x + a d projected; what the gradient says that this gains, nats.
double moveAlong(const Iterate& here, double a, Vec d, Vec trial) {
  return sumOver(here.term.space().comm(), [&] {
    const ReadLocal x(here.x), g(here.g), way(d);
    const WriteLocal t(trial);
    double gain = 0;
    for (PetscInt i = 0; i < x.size(); ++i) {
      t[i] = std::max(x[i] + a * way[i], here.bounds.lower(i));
      gain += g[i] * (x[i] - t[i]);
    }
    return gain;
  });
}

/// g.(trial - x)
double slopeAlong(const Iterate& here, Vec g, Vec trial) {
  return sumOver(here.term.space().comm(), [&] {
    const ReadLocal x(here.x), slope(g), t(trial);
    double sum = 0;
    for (PetscInt i = 0; i < x.size(); ++i) sum += slope[i] * (t[i] - x[i]);
    return sum;
  });
}

/// Shortens the step d until it is good, and takes it. The length; 0 if none is good.
double search(Iterate& here, Vec d) {
  const Space& space = here.term.space();
  const ScratchVec trial = space.scratch(), slope = space.scratch();
  double a = 1;
  for (int tries = 0; tries < 40; ++tries, a *= 0.5) {
    const double promised = moveAlong(here, a, d, trial);
    if (!(promised > 0)) continue;  // the bounds have cut off what was downhill
    auto there = here.term.at(trial);
    const double energy = energyOf(*there);
    bool good = energy <= here.energy - 1e-4 * promised;
    if (!good && energy <= here.energy + rounding * std::abs(here.energy)) {
      // The energy cannot tell: the slope along the step must have fallen, and not have turned too far.
      there->gradient(slope);
      const double after = slopeAlong(here, slope, trial);
      good = std::abs(after) <= 0.9998 * promised;
    }
    if (!good) continue;
    check(VecCopy(trial, here.x));
    here.energy = energy;
    here.at = std::move(there);
    here.takeGradient();
    return a;
  }
  return 0;
}

void report(Observer* observer, const Iterate& here, int iteration, double seconds) {
  if (!observer) return;
  Progress progress;
  progress.solver = "map";
  progress.iteration = iteration;
  progress.energy = here.energy;
  progress.gradientNorm = here.kkt;
  progress.seconds = seconds;
  progress.x = here.x;
  observer->iteration(progress);
}

}  // namespace

MapResult projectedNewton(const Term& term, const MapOptions& options, const Bounds& bounds, Vec x,
                          Observer* observer) {
  const Space& space = term.space();
  const double started = MPI_Wtime();
  bounds.project(x);
  MapResult r;
  double share = 0.5;
  bool near = options.curvature == Curvature::Fisher;
  const Stage stage(observer, "map",
                    State()
                        .field("x", space, x)
                        .value("iteration", r.iterations)
                        .value("start_energy", r.startEnergy)
                        .value("products", r.products)
                        .value("share", share)
                        .value("near", near));
  Iterate here{term, bounds, x, space.vec(), term.at(x)};
  here.energy = energyOf(*here.at);
  if (!stage.restored()) r.startEnergy = here.energy;
  if (!std::isfinite(here.energy))
    throw RankError(ExitCode::BadData, 0, "MAP: the starting point is not feasible (its energy is infinite)");
  here.takeGradient();
  if (!stage.restored()) report(observer, here, 0, 0);
  const double reference = std::isnan(options.startEnergy) ? r.startEnergy : options.startEnergy;
  const bool bounded = bounds.any();
  const ScratchVec free = space.scratch(), d = space.scratch(), toBound = space.scratch();
  while (true) {
    // 1. The quadratic at this point, and the variables that are free. Far away the Fisher curvature leads better: that
    // of counts, 1/mu, is the secant to the best mean, where y/mu^2 lets a mean that is too small but double.
    const OperatorPointer H = here.at->curvature(near ? options.curvature : Curvature::Fisher);
    const OperatorPointer inverse = options.preconditioner ? options.preconditioner(*here.at) : nullptr;
    here.at.reset();
    const double length = bounded ? cauchyLength(here, *H) : 0;
    const double boundGain = bounded ? chooseFree(here, length, free, toBound) : 0;
    // 2. Its minimum over these, and whether what it can gain is worth a step. The estimate is that of a quadratic:
    // half of what rtol allows is kept for the rest.
    const bool last = r.iterations >= options.iterations;
    const double enough = std::max(0.5 * options.rtol * (reference - here.energy), 1e-18 * std::abs(here.energy));
    const double known = last ? std::numeric_limits<double>::infinity() : std::max(enough - boundGain, 0.0);
    const NewtonStep step =
        newtonStep(*H, inverse.get(), here.g, bounded ? Vec(free) : nullptr,
                   {.share = share, .known = known, .iterations = last ? 100 : 1000, .observer = observer}, d);
    if (bounded) check(VecAXPY(d, 1, toBound));
    r.products += step.iterations + bounded;
    r.gap = step.gain + boundGain;
    r.converged = here.kkt == 0 || (step.known && r.gap <= enough);
    r.limited = !r.converged && last;
    if (r.converged || r.limited) break;
    near = near || r.gap <= 1e-5 * (reference - here.energy);
    // 3. The step. Where the quadratic is good it is worth solving well.
    const double before = here.energy, taken = search(here, d);
    if (taken == 0) {
      r.converged = r.gap <= rounding * std::abs(here.energy);  // nothing above rounding is left to gain
      break;
    }
    share = taken == 1 && before - here.energy > 0.7 * r.gap ? std::max(0.2 * share, 1e-3) : std::min(2 * share, 0.5);
    report(observer, here, ++r.iterations, MPI_Wtime() - started);
  }
  r.energy = here.energy;
  r.gradientNorm = here.kkt;
  r.atBound = bounds.atBound(x);
  r.reason = r.converged ? "reached rtol"
             : r.limited ? "stopped at the limit of iterations"
                         : "no step along the direction of Newton's method lowers the energy";
  return r;
}

}  // namespace lacuna
