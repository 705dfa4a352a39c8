#include "deconvolve/map_route.hpp"

#include <algorithm>
#include <cmath>

#include "model/change_of_variable.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/positive.hpp"
#include "solvers/map_solver.hpp"

namespace lacuna {
MapRoute::MapRoute(const ImagingModel& model, const std::vector<Psf>& psfs, const ImagingPriors& priors,
                   const DeconvolveOptions& options, double level)
    : model_(model), psfs_(psfs), priors_(priors), options_(options), level_(level) {}

void MapRoute::newton(const std::vector<PriorTerm>& priors, double rtol, Vec x, Observer* observer, Estimate& e) const {
  const Space& space = model_.unknown.space();
  const auto positive = std::make_shared<const Positive>(space);
  std::vector<TermPointer> terms;
  if (exponential())
    terms.push_back(std::make_shared<Likelihood>(std::make_shared<ModelChain>(model_.mean, positive), model_.noise));
  else
    terms.push_back(std::make_shared<Likelihood>(model_.mean, model_.noise));
  for (const PriorTerm& prior : priors)
    terms.push_back(exponential() && !prior.onLog
                        ? TermPointer(std::make_shared<ChangeOfVariable>(prior.term, positive))
                        : prior.term);
  const SumOfTerms energy(std::move(terms));

  MapOptions how;
  const bool bound = options_.positivity == Positivity::Bound;
  how.method = options_.algorithm != "quasi-newton" ? "newton" : bound ? "bqnls" : "lmvm";
  how.rtol = rtol;
  how.iterations = options_.iterations;
  if (bound) how.lower = 0;
  if (exponential()) {  // no pixel starts at 0
    const WriteLocal v(x);
    for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::log(std::max(v[i], 1e-6 * level_));
  }
  const MapResult r = solveMap(energy, how, x, observer);
  if (exponential()) {
    const ScratchVec s = space.scratch();
    check(VecCopy(x, s));
    positive->apply(s, x);
  }
  const int before = e.iterations;
  static_cast<Stopped&>(e) = r;
  e.iterations += before;
  if (e.method.empty()) e.startEnergy = r.startEnergy;
  e.gap = r.gap;
  e.kkt = r.gradientNorm;
  e.solver = "map";
  e.method += (e.method.empty() ? "map: " : ", then ") + std::string(how.method == "newton" ? "Newton" : how.method);
}

double MapRoute::priorEnergy(const std::vector<PriorTerm>& priors, Vec x) const {
  const ScratchVec log = model_.unknown.space().scratch();
  if (exponential()) {
    check(VecCopy(x, log));
    check(VecLog(log));
  }
  double sum = 0;
  for (const PriorTerm& prior : priors)
    sum += prior.sparsity ? prior.sparsity->exactValue(x) : prior.term->at(prior.onLog ? Vec(log) : x)->value();
  return sum;
}

Estimate MapRoute::solve(double strength, double rtol, Vec x, Observer* observer) const {
  Estimate e;
  const std::vector<PriorTerm> priors = priorTerms(priors_, model_.unknown, strength, level_);
  newton(priors, rtol, x, observer, e);
  return e;
}

void MapRoute::finish(double strength, Vec x, Estimate& e) const {
  e.x = model_.unknown.space().vec();
  check(VecCopy(x, e.x));
  e.mean = model_.data.cube.space().vec();
  model_.mean->apply(x, e.mean);
  e.level = level_;
  e.dataEnergy = model_.noise->value(e.mean);
  e.priorEnergy = priorEnergy(priorTerms(priors_, model_.unknown, strength, level_), x);
  e.energy = e.dataEnergy + e.priorEnergy;
  if (options_.positivity != Positivity::Bound) return;
  e.active = model_.unknown.space().vec();
  const ReadLocal v(x);
  const WriteLocal a(e.active);
  for (PetscInt i = 0; i < a.size(); ++i) a[i] = v[i] <= 0;
}

}  // namespace lacuna
