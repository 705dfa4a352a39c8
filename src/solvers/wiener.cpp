#include "solvers/wiener.hpp"

#include "base/stage.hpp"
#include "operators/algebra.hpp"

namespace lacuna {
namespace {

OperatorPointer precisionOf(const Likelihood& likelihood, bool prior, VecHandle& b, double& startEnergy) {
  const Space& space = likelihood.space();
  const VecHandle zero = space.vec();
  const auto start = likelihood.at(zero);
  startEnergy = start->value();
  b = space.vec();
  start->gradient(b);
  check(VecScale(b, -1));
  OperatorPointer data = start->curvature(Curvature::Fisher);
  return prior ? sum({std::move(data), identity(space)}) : data;
}

}  // namespace

WienerFilter::WienerFilter(std::shared_ptr<const Likelihood> likelihood, bool prior, OperatorPointer preconditioner,
                           const LinearOptions& options)
    : likelihood_(std::move(likelihood)),
      options_(options),
      prior_(prior),
      precision_(precisionOf(*likelihood_, prior, b_, startEnergy_)),
      solver_(precision_, std::move(preconditioner), options) {}

WienerResult WienerFilter::solve(Vec xi, Observer* observer) const {
  const double start = MPI_Wtime();
  const auto count = static_cast<double>(likelihood_->noise().dataCount());
  double energy = startEnergy_, prior = 0;
  WienerResult result;
  if (observer) {
    int iteration = 0;
    State state;
    state.field("xi", likelihood_->space(), xi, [&](Vec out) { solver_.iterate(out); })
        .value("iteration", iteration)
        .value("energy", energy)
        .value("prior_energy", prior)
        .loses("conjugate gradients begin anew from its solution, without their search directions");
    const Stage stage(observer, name(), state);
    const int told = stage.restored() ? iteration : -1;  // the last line of the earlier run
    const auto watch = [&](const LinearStep& step) {
      iteration = step.iteration;
      energy = startEnergy_ - 0.5 * (step.xb + step.xr);  // E(x) = E(0) - 1/2 x.(b + r) for a quadratic E
      prior = prior_ ? 0.5 * step.xx : 0;
      if (step.iteration == told) return observer->tick();
      Progress p;
      p.solver = name();
      p.iteration = iteration;
      p.energy = energy;
      p.chi2PerDatum = count > 0 ? 2 * (energy - prior) / count : Progress::none;
      p.priorEnergy = prior_ ? prior : Progress::none;
      p.gradientNorm = step.residual;
      p.target = options_.rtol;
      p.seconds = MPI_Wtime() - start;
      p.x = xi;
      p.last = iteration >= options_.iterations && !(step.residual <= options_.rtol);
      observer->iteration(p);
    };
    static_cast<LinearResult&>(result) = solver_.solve(b_, xi, watch, iteration);
  } else {
    static_cast<LinearResult&>(result) = solver_.solve(b_, xi);
    PetscScalar xx = 0;
    check(VecDot(xi, xi, &xx));
    prior = prior_ ? 0.5 * xx : 0;
    energy = likelihood_->at(xi)->value() + prior;
  }
  result.energy = energy;
  result.priorEnergy = prior;
  result.dataEnergy = energy - prior;
  return result;
}

OperatorPointer meanWeightPreconditioner(const Space& modes, Vec gramDiagonal, double meanWeight) {
  VecHandle d = modes.vec();
  const ReadLocal g(gramDiagonal);
  const WriteLocal out(d);
  for (PetscInt i = 0; i < g.size(); ++i) out[i] = 1 / (1 + meanWeight * g[i]);
  return diagonal(modes, std::move(d));
}

}  // namespace lacuna
