#include "solvers/newton_step.hpp"

#include <cmath>
#include <optional>
#include <vector>

namespace lacuna {
namespace {

void maskBy(Vec free, Vec x) {
  if (free) check(VecPointwiseMult(x, x, free));
}

/// x <- x + a p; r <- r - a free q. r.r, of all ranks.
double advance(MPI_Comm comm, double a, Vec p, Vec q, Vec free, Vec x, Vec r) {
  return sumOver(comm, [&] {
    const ReadLocal step(p), slope(q);
    const WriteLocal at(x), rest(r);
    double rr = 0;
    if (free) {
      const ReadLocal on(free);
      for (PetscInt i = 0; i < at.size(); ++i) {
        at[i] += a * step[i];
        rest[i] -= a * on[i] * slope[i];
        rr += rest[i] * rest[i];
      }
    } else {
      for (PetscInt i = 0; i < at.size(); ++i) {
        at[i] += a * step[i];
        rest[i] -= a * slope[i];
        rr += rest[i] * rest[i];
      }
    }
    return rr;
  });
}

}  // namespace

NewtonStep newtonStep(const LinearOperator& H, const LinearOperator* inverse, Vec g, Vec free,
                      const NewtonStepOptions& options, Vec d) {
  constexpr double smallResidual = 1e-2;
  const Space& space = H.domain();
  const ScratchVec r = space.scratch(), p = space.scratch(), q = space.scratch();
  std::optional<ScratchVec> z;
  if (inverse) z.emplace(space.scratch());
  NewtonStep step;
  if (options.iterationsBefore == 0) check(VecSet(d, 0));
  check(VecCopy(g, r));
  check(VecScale(r, -1));
  maskBy(free, r);
  double rr = 0, rz = 0;
  PetscScalar product = 0;
  check(VecDot(r, r, &product));
  rr = product;
  const double start = rr;
  std::vector<double> gains{0};
  // Conjugate gradients come to the gain from below, slowly where directions are weak: these are as many iterations as
  // all before.
  const auto settled = [&] {
    return step.gain - gains[static_cast<std::size_t>(step.iterations) / 2] <= 0.1 * step.gain;
  };
  const auto precondition = [&] {
    if (!inverse) return rr;
    inverse->apply(r, *z);
    maskBy(free, *z);
    check(VecDot(r, *z, &product));
    return static_cast<double>(product);
  };
  rz = precondition();
  check(VecCopy(inverse ? Vec(*z) : Vec(r), p));
  while (rr > 0 && step.iterations < options.iterations) {
    tick(options.observer);
    H.apply(p, q);
    check(VecDot(p, q, &product));
    const double curvature = product;
    ++step.iterations;
    if (!(curvature > 0) || std::isinf(curvature)) {
      if (step.gain == 0) check(VecAXPY(d, 1, p));  // downhill at least
      break;
    }
    const double a = rz / curvature, gained = 0.5 * a * rz;
    rr = advance(space.comm(), a, p, q, free, d, r);
    step.gain += gained;
    gains.push_back(step.gain);
    if (step.gain > options.known) {
      const int all = options.iterationsBefore + step.iterations;
      if (all * gained <= options.share * (options.gainBefore + step.gain)) break;
    } else if (rr <= smallResidual * smallResidual * start && settled()) {
      step.known = true;
      break;
    }
    const double before = rz;
    rz = precondition();
    check(VecAYPX(p, rz / before, inverse ? Vec(*z) : Vec(r)));
  }
  // What is so far below what counts need not be known better: directions that hardly count take ever longer.
  constexpr double nothing = 1e-3;
  step.known = step.known || rr == 0 ||
               (step.iterations == options.iterations &&
                (settled() || (std::isfinite(options.known) && step.gain <= nothing * options.known)));
  return step;
}

}  // namespace lacuna
