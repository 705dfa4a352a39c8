#include "solvers/projected_newton.hpp"

#include <algorithm>
#include <cmath>

#include "base/stage.hpp"
#include "operators/algebra.hpp"
#include "solvers/newton_step.hpp"
#include "solvers/projected_point.hpp"

namespace lacuna {
namespace {

/// What a step d gains of the quadratic, -(g.d + 1/2 d.H d), nats; slope <- g + H d.
double gainOf(const LinearOperator& H, Vec g, Vec d, Vec slope) {
  H.apply(d, slope);
  check(VecAXPY(slope, 1, g));
  PetscScalar before = 0, after = 0;
  check(VecDot(g, d, &before));
  check(VecDot(slope, d, &after));
  return -0.5 * (before + after);
}

constexpr double longest = 2;  ///< step of a logarithm

/// Whether the last steps together have gained next to nothing of what is still too much: the quadratic promises what
/// conjugate gradients do not find, or what no step along it keeps (norms with corners that are hardly rounded).
class Standstill {
 public:
  void add(double energy) {
    energies_.push_back(energy);
    if (energies_.size() > steps + 1) energies_.erase(energies_.begin());
  }
  bool is(double enough) const {
    return energies_.size() > steps && energies_.front() - energies_.back() < little * enough;
  }
  void keepIn(State& state) { state.value("energies", energies_); }

 private:
  static constexpr std::size_t steps = 30;
  static constexpr double little = 0.1;
  std::vector<double> energies_;
};

OperatorPointer positivePart(const Space& space, Vec g) {
  VecHandle w = space.vec();
  const ReadLocal in(g);
  {
    const WriteLocal out(w);
    for (PetscInt i = 0; i < in.size(); ++i) out[i] = std::max(in[i], 0.0);
  }
  return diagonal(space, std::move(w));
}

/// Cuts d off at +- longest where that still leads downhill, or shortens it all. Whether it was too long anywhere.
/// `work` is overwritten.
bool cutToLength(Vec g, Vec d, Vec work) {
  PetscReal most = 0;
  check(VecNorm(d, NORM_INFINITY, &most));
  if (!(most > longest)) return false;
  check(VecCopy(d, work));
  {
    const WriteLocal v(d);
    for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::clamp(v[i], -longest, longest);
  }
  PetscScalar whole = 0, cut = 0;
  check(VecDot(g, work, &whole));
  check(VecDot(g, d, &cut));
  if (cut < 0.1 * longest / most * whole) return true;  // both are below 0
  check(VecCopy(work, d));
  check(VecScale(d, longest / most));
  return true;
}

}  // namespace

MapResult projectedNewton(const Term& term, const MapOptions& options, const Bounds& bounds, Vec x,
                          Observer* observer) {
  const Space& space = term.space();
  const double started = std::isnan(options.started) ? MPI_Wtime() : options.started;
  bounds.project(x);
  MapResult r;
  r.iterations = options.iterationsBefore;
  double share = 0.5;
  bool near = options.curvature == Curvature::Fisher;
  Standstill standstill;
  State state;
  state.field("x", space, x)
      .value("iteration", r.iterations)
      .value("start_energy", r.startEnergy)
      .value("products", r.products)
      .value("share", share)
      .value("near", near);
  standstill.keepIn(state);
  const Stage stage(observer, "map", state);
  ProjectedPoint here(term, bounds, x);
  here.begin(observer, r, stage.restored());
  const double reference = std::isnan(options.startEnergy) ? r.startEnergy : options.startEnergy;
  const bool bounded = bounds.any();
  const ScratchVec free = space.scratch(), d = space.scratch(), toBound = space.scratch();
  while (true) {
    // 1. The quadratic at this point, and the variables that are free. Far away the Fisher curvature leads better: that
    // of counts, 1/mu, is the secant to the best mean, where y/mu^2 lets a mean that is too small but double.
    // The preconditioner comes first: it has a look at weights that are let go again.
    const OperatorPointer inverse = options.preconditioner ? options.preconditioner(*here.at) : nullptr;
    OperatorPointer H = here.at->curvature(near ? options.curvature : Curvature::Fisher);
    if (options.logarithms && !near) H = sum({std::move(H), positivePart(space, here.g)});
    here.at.reset();
    const double length = bounded ? here.cauchyLength(*H) : 0;
    const double boundGain = bounded ? here.chooseFree(length, free, toBound) : 0;
    // 2. Its minimum over these, and whether what it can gain is worth a step. The estimate is that of a quadratic:
    // half of what rtol allows is kept for the rest.
    const bool last = r.iterations >= options.iterations;
    const double enough =
        std::max({0.5 * options.rtol * (reference - here.energy), leastGap, 1e-18 * std::abs(here.energy)});
    const double known = last ? std::numeric_limits<double>::infinity() : std::max(enough - boundGain, 0.0);
    int spent = bounded;  // products. What a checkpoint keeps does not change before the step is taken.
    const auto wholeStep = [&] {
      const NewtonStep s =
          newtonStep(*H, inverse.get(), here.g, bounded ? Vec(free) : nullptr,
                     {.share = share, .known = known, .iterations = last ? 100 : 1000, .observer = observer}, d);
      if (bounded) check(VecAXPY(d, 1, toBound));
      spent += s.iterations;
      return s;
    };
    const NewtonStep step = wholeStep();
    r.gap = step.gain + boundGain;
    r.converged = here.kkt == 0 || (step.known && r.gap <= enough);
    r.stands = !r.converged && standstill.is(enough);
    r.limited = !r.converged && (last || r.stands);
    if (r.converged || r.limited) {
      r.products += spent;
      break;
    }
    // 3. The step. Where the quadratic is good it is worth solving well.
    double promised = r.gap;
    const bool cut = bounded && here.cutAtBounds(free, d) > 0;
    if (cut) {
      // Where it is cut at the bounds, the others have another best place: they go on from there (as in Moré & Toraldo
      // 1991, doi:10.1137/0801008). Without that, steps of which much is cut off gain little, or must be shortened.
      const Vec slope = toBound;
      promised = gainOf(*H, here.g, d, slope);
      const NewtonStep rest = newtonStep(*H, inverse.get(), slope, free,
                                         {.share = share,
                                          .iterationsBefore = std::max(step.iterations, 1),
                                          .gainBefore = std::max(promised, 0.0),
                                          .observer = observer},
                                         d);
      promised += rest.gain;
      spent += rest.iterations + 1;
    }
    if (options.logarithms && cutToLength(here.g, d, toBound)) {
      promised = gainOf(*H, here.g, d, toBound);
      ++spent;
    }
    const double before = here.energy;
    double taken = here.search(d);
    if (taken == 0 && cut) {  // so much that it leads uphill. The whole step does not, and is cut on its way.
      here.chooseFree(length, free, toBound);
      promised = r.gap;
      wholeStep();
      taken = here.search(d);
    }
    r.products += spent;
    if (taken == 0) {
      r.converged =
          r.gap <= std::max(10 * leastGap, ProjectedPoint::rounding *
                                               std::abs(here.energy));  // nothing above rounding is left to gain
      break;
    }
    near = near || r.gap <= 1e-5 * (reference - before);
    const bool good = taken == 1 && promised > 0 && before - here.energy > 0.7 * promised;
    share = good ? std::max(0.2 * share, 1e-3) : std::min(2 * share, 0.5);
    standstill.add(here.energy);
    ++r.iterations;
    here.report(observer, r.iterations, MPI_Wtime() - started, r.iterations >= options.iterations);
  }
  here.conclude(r, "Newton's method");
  return r;
}

}  // namespace lacuna
