#include "solvers/newton_step.hpp"

#include <cmath>
#include <optional>

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
  const Space& space = H.domain();
  const ScratchVec r = space.scratch(), p = space.scratch(), q = space.scratch();
  std::optional<ScratchVec> z;
  if (inverse) z.emplace(space.scratch());
  NewtonStep step;
  check(VecSet(d, 0));
  check(VecCopy(g, r));
  check(VecScale(r, -1));
  maskBy(free, r);
  double rr = 0, rz = 0, milestone = 1e-2, atMilestone = 0;
  PetscScalar product = 0;
  check(VecDot(r, r, &product));
  rr = product;
  const double start = rr;
  double atHalf = 0;  // gain after half of the iterations allowed
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
      if (step.gain == 0) check(VecCopy(p, d));  // downhill at least
      break;
    }
    const double a = rz / curvature, gained = 0.5 * a * rz;
    rr = advance(space.comm(), a, p, q, free, d, r);
    step.gain += gained;
    if (step.iterations == options.iterations / 2) atHalf = step.gain;
    if (step.gain > options.known) {
      if (step.iterations * gained <= options.share * step.gain) break;
    } else if (rr <= milestone * milestone * start) {
      // Conjugate gradients come to the gain from below, and a small residual says little about weak directions.
      step.known = step.gain - atMilestone <= 0.1 * step.gain;
      if (step.known) break;
      atMilestone = step.gain;
      milestone *= 1e-2;
    }
    const double before = rz;
    rz = precondition();
    check(VecAYPX(p, rz / before, inverse ? Vec(*z) : Vec(r)));
  }
  const bool settled = step.iterations == options.iterations && step.gain - atHalf <= 0.1 * step.gain;
  step.known = step.known || rr == 0 || settled;
  return step;
}

}  // namespace lacuna
