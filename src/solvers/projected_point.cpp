#include "solvers/projected_point.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {

ProjectedPoint::ProjectedPoint(const Term& t, const Bounds& b, Vec start, Keeps keeps)
    : term(t), bounds(b), x(start), g(t.space().vec()) {
  bounds.project(x);
  if (keeps == Keeps::Term) at = term.at(x);
  energy = checked(at ? at->value() : term.valueAndGradient(x, g));
  if (!std::isfinite(energy))
    throw RankError(ExitCode::BadData, 0, "MAP: the starting point is not feasible (its energy is infinite)");
  if (at) at->gradient(g);
  checkGradient();
}

std::string ProjectedPoint::place() const {
  return iteration < 0 ? " at the start" : " in iteration " + std::to_string(iteration + 1);
}

double ProjectedPoint::checked(double v) const {
  if (std::isnan(v)) throw RankError(ExitCode::Diverged, 0, "MAP: the energy is not a number" + place());
  return v;
}

void ProjectedPoint::checkGradient() {
  kkt = bounds.kktResidual(x, g);
  PetscReal norm = 0;
  check(VecNorm(g, NORM_1, &norm));
  if (!std::isfinite(norm)) throw RankError(ExitCode::Diverged, 0, "MAP: the gradient is not finite" + place());
}

double ProjectedPoint::chooseFree(double length, Vec free, Vec d) const {
  return sumOver(term.space().comm(), [&] {
    const ReadLocal point(x), slope(g);
    const WriteLocal on(free), way(d);
    double gain = 0;
    for (PetscInt i = 0; i < point.size(); ++i) {
      const double above = point[i] - bounds.lower(i);
      const bool bound = slope[i] > 0 && above <= length * slope[i];
      on[i] = bound ? 0 : 1;
      way[i] = bound ? -above : 0;
      if (bound) gain += above * slope[i];
    }
    return gain;
  });
}

double ProjectedPoint::cutAtBounds(Vec free, Vec d) const {
  return sumOver(term.space().comm(), [&] {
    const ReadLocal point(x);
    const WriteLocal on(free), way(d);
    double count = 0;
    for (PetscInt i = 0; i < point.size(); ++i) {
      if (!(on[i] > 0 && point[i] + way[i] < bounds.lower(i))) continue;
      on[i] = 0;
      way[i] = bounds.lower(i) - point[i];
      ++count;
    }
    return count;
  });
}

double ProjectedPoint::cauchyLength(const LinearOperator& H) const {
  const Space& space = term.space();
  const ScratchVec slope = space.scratch(), bent = space.scratch();
  {
    const ReadLocal point(x), gradient(g);
    const WriteLocal s(slope);
    for (PetscInt i = 0; i < point.size(); ++i) s[i] = gradient[i] < 0 || point[i] > bounds.lower(i) ? gradient[i] : 0;
  }
  H.apply(slope, bent);
  PetscScalar gHg = 0;
  check(VecDot(slope, bent, &gHg));
  return gHg > 0 && std::isfinite(gHg) ? kkt * kkt / gHg : 0;
}

/// trial <- start + a d projected; what the slope there says that this gains, nats.
double ProjectedPoint::moveAlong(double a, Vec d, Vec start, Vec slope, Vec trial) const {
  return sumOver(term.space().comm(), [&] {
    const ReadLocal point(start), s(slope), way(d);
    const WriteLocal t(trial);
    double gain = 0;
    for (PetscInt i = 0; i < point.size(); ++i) {
      t[i] = std::max(point[i] + a * way[i], bounds.lower(i));
      gain += s[i] * (point[i] - t[i]);
    }
    return gain;
  });
}

/// slope.(trial - start)
double ProjectedPoint::slopeAlong(Vec slope, Vec start, Vec trial) const {
  return sumOver(term.space().comm(), [&] {
    const ReadLocal point(start), s(slope), t(trial);
    double sum = 0;
    for (PetscInt i = 0; i < point.size(); ++i) sum += s[i] * (t[i] - point[i]);
    return sum;
  });
}

double ProjectedPoint::search(Vec d) {
  const Space& space = term.space();
  const ScratchVec trial = space.scratch();
  double a = 1;
  for (int tries = 0; tries < 40; ++tries, a *= 0.5) {
    const double promised = moveAlong(a, d, x, g, trial);
    if (!(promised > 0)) continue;  // the bounds have cut off what was downhill
    auto there = term.at(trial);
    const double value = checked(there->value());
    bool good = value <= energy - 1e-4 * promised;
    if (!good && value <= energy + rounding * std::abs(energy)) {
      // The energy cannot tell: the slope along the step must have fallen, and not have turned too far.
      const ScratchVec slope = space.scratch();
      there->gradient(slope);
      const double after = slopeAlong(slope, x, trial);
      good = std::abs(after) <= 0.9998 * promised;
    }
    if (!good) continue;
    check(VecCopy(trial, x));
    energy = value;
    at = std::move(there);
    at->gradient(g);
    checkGradient();
    return a;
  }
  return 0;
}

double ProjectedPoint::search(Vec d, Vec start, Vec slope) {
  check(VecCopy(x, start));
  check(VecCopy(g, slope));
  double a = 1;
  for (int tries = 0; tries < 40; ++tries, a *= 0.5) {
    const double promised = moveAlong(a, d, start, slope, x);
    if (!(promised > 0)) continue;
    const double value = checked(term.valueAndGradient(x, g));
    const bool level = value <= energy + rounding * std::abs(energy);
    if (!(value <= energy - 1e-4 * promised) && !(level && std::abs(slopeAlong(g, start, x)) <= 0.9998 * promised))
      continue;
    energy = value;
    checkGradient();
    return a;
  }
  check(VecCopy(start, x));
  check(VecCopy(slope, g));
  return 0;
}

void ProjectedPoint::begin(Observer* observer, MapResult& r, bool restored) {
  if (!restored) r.startEnergy = energy;
  if (!restored && r.iterations == 0)
    report(observer, 0, 0);
  else
    iteration = r.iterations;
}

void ProjectedPoint::report(Observer* observer, int number, double seconds, bool last) {
  iteration = number;
  if (!observer) return;
  Progress progress;
  progress.solver = "map";
  progress.iteration = number;
  progress.energy = energy;
  progress.gradientNorm = kkt;
  progress.seconds = seconds;
  progress.x = x;
  progress.last = last;
  observer->iteration(progress);
}

void ProjectedPoint::conclude(MapResult& r, const std::string& method) const {
  r.energy = energy;
  r.gradientNorm = kkt;
  r.atBound = bounds.atBound(x);
  r.reason = r.converged ? "reached rtol"
             : r.stands  ? "energies stand still above what rtol asks for"
             : r.limited ? "stopped at the limit of iterations"
                         : "no step along the direction of " + method + " lowers the energy";
}

}  // namespace lacuna
