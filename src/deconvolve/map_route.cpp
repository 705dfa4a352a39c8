#include "deconvolve/map_route.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "model/change_of_variable.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/positive.hpp"
#include "solvers/chain_preconditioner.hpp"
#include "solvers/convex.hpp"
#include "solvers/jacobi.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/richardson_lucy.hpp"
#include "solvers/spectral_preconditioner.hpp"

namespace lacuna {

MapRoute::MapRoute(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                   double level)
    : model_(model), priors_(priors), options_(options), level_(level), range_(rangeOf(priors, model.unknown)) {
  if (!range_) return;
  const auto refuse = [](const std::string& why) {
    throw Error(ExitCode::BadConfig, "[prior.space] modes with power 0 do not vary: " + why);
  };
  const bool bound = options.positivity == Positivity::Bound;
  if (exponential() && !priors.space.onLog) refuse("exp(s) cannot keep to that; give on = \"log\"");
  if (bound && options.samples > 1) refuse("there are no samples of such fields with positivity = \"bound\"");
  if (bound && priors.space.power(Mode()) == 0 && !(priors.space.mean > 0))
    refuse("with no power at k = 0 nothing but zeros has the mean " + std::to_string(priors.space.mean) +
           " and no pixel below 0; give [prior.space] mean");
}

std::string MapRoute::whyNotProximal(double strength) const {
  if (!model_.convolution) return "H is not a convolution";
  if (exponential()) return "the unknown is a logarithm";
  using S = SpacePrior::Kind;
  using T = TimePrior::Kind;
  if (priors_.space.kind == S::Entropy) return "the prior in space";
  if (priors_.time.kind == T::Gamma) return "the prior in time";
  return lacuna::whyNotProximal(convexProblem(strength));
}

bool MapRoute::norms() const {
  using S = SpacePrior::Kind;
  return priors_.space.kind == S::TotalVariation || priors_.space.kind == S::Starlet ||
         priors_.time.kind == TimePrior::Kind::TotalVariation;
}

std::shared_ptr<const Model> MapRoute::toImage() const {
  if (!exponential()) return range_;
  const auto positive = std::make_shared<const Positive>(model_.unknown.space());
  return range_ ? std::shared_ptr<const Model>(std::make_shared<ModelChain>(positive, range_)) : positive;
}

std::shared_ptr<const Term> MapRoute::energy(const std::vector<PriorTerm>& priors) const {
  const std::shared_ptr<const Model> image = toImage();
  const auto through = [](const TermPointer& term, const std::shared_ptr<const Model>& model) {
    return model ? std::make_shared<ChangeOfVariable>(term, model) : term;
  };
  std::vector<TermPointer> terms;
  for (const PriorTerm& prior : priors) terms.push_back(through(prior.term, prior.onLog ? range_ : image));
  // The last: each but the first term needs a vector for its part, and this one fewest beside it.
  const auto mean = image ? std::make_shared<ModelChain>(model_.mean, image) : model_.mean;
  terms.push_back(std::make_shared<Likelihood>(mean, model_.noise));
  return std::make_shared<SumOfTerms>(std::move(terms));
}

ConvexEnergy MapRoute::energyOf(const std::vector<PriorTerm>& priors, double strength) const {
  ConvexEnergy e;
  e.value = [this, &priors](Vec x) { return exactEnergy(priors, x); };
  e.term = [this, &priors, strength](double corner) {
    if (corner == 0) return energy(priors);
    if (std::isfinite(corner)) return energy(priorTerms(priors_, model_.unknown, strength, level_, corner / level_));
    std::vector<PriorTerm> smooth;
    std::ranges::copy_if(priors, std::back_inserter(smooth), [](const PriorTerm& p) { return !p.sparsity; });
    return energy(smooth);
  };
  if (norms()) e.corner = defaultCorner * level_;
  return e;
}

bool MapRoute::canFollowRichardsonLucy() const {
  return options_.noise == "poisson" && options_.positivity == Positivity::Bound &&
         std::ranges::all_of(model_.convolution->psfs(), [](const Psf& h) {
           return std::ranges::all_of(h.values, [](double v) { return v >= 0; });
         });
}

bool MapRoute::spectral() const {
  if (!model_.convolution) return false;
  const SpacePrior& space = priors_.space;
  const TimePrior& time = priors_.time;
  const bool field = space.kind == SpacePrior::Kind::Gaussian;
  if (!exponential()) return time.chain || field;
  return (field && space.onLog && (!time.chain || time.onLog)) || (time.power && time.onLog);
}

double MapRoute::stiffness(double strength) const {
  const SpacePrior& space = priors_.space;
  if (!space.onLog || space.kind != SpacePrior::Kind::Smooth) return 0;
  const Shape& s = model_.unknown.shape();
  double sum = 0, squares = 0;
  for (const auto& [n, h] : {std::pair(s.nz, space.spacing[0]), {s.ny, space.spacing[1]}, {s.nx, space.spacing[2]}}) {
    if (n == 1) continue;
    sum += 2 / (h * h);
    squares += 2 / (h * h * h * h);
  }
  return space.strength.value_or(strength) * (space.order == 1 ? sum : sum * sum + squares);
}

void MapRoute::newton(const std::vector<PriorTerm>& priors, double strength, double rtol, double startEnergy, Vec x,
                      Observer* observer, Estimate& e) const {
  MapOptions how;
  const bool bound = options_.positivity == Positivity::Bound;
  if (bound && range_)
    throw Error(
        ExitCode::BadConfig,
        "[prior.space] modes with power 0 do not vary: with positivity = \"bound\" ADMM alone can keep to both, "
        "which here " +
            (options_.algorithm == "auto" ? "cannot be used: " + whyNotProximal(strength)
                                          : "was not asked for: [solver] algorithm is " + options_.algorithm));
  how.method = options_.algorithm != "quasi-newton" ? "newton" : "lbfgs";
  how.rtol = rtol;
  how.startEnergy = startEnergy;
  how.iterations = options_.iterations;
  if (bound) how.lower = 0;
  if (!model_.convolution && !exponential())
    how.preconditioner = [](const TermAt& at) { return jacobi(*at.curvature(Curvature::Fisher)); };
  how.logarithms = exponential();
  if (exponential()) {  // no pixel starts at 0
    const WriteLocal v(x);
    for (PetscInt i = 0; i < v.size(); ++i) v[i] = std::log(std::max(v[i], 1e-6 * level_));
  }
  if (range_) range_->restrict(x);
  std::optional<SpectralPreconditioner> preconditioner;
  if (how.method == "newton" && spectral()) {
    preconditioner.emplace(convexProblem(strength));
    how.preconditioner = [&](const TermAt& at) { return preconditioner->at(at); };
  }
  std::optional<ChainPreconditioner> chain;
  if (how.method == "newton" && exponential() && !spectral()) {
    const TimePrior& time = priors_.time;
    chain.emplace(model_.unknown, time.onLog && !time.power ? time.chain : std::nullopt, stiffness(strength));
    how.preconditioner = [&](const TermAt& at) { return chain->at(at); };
  }
  ConvexEnergy objective = energyOf(priors, strength);
  objective.value = [&](Vec v) {
    const ScratchVec image = model_.unknown.space().scratch();
    const std::shared_ptr<const Model> to = toImage();
    to ? to->apply(v, image) : check(VecCopy(v, image));
    return exactEnergy(priors, image);
  };
  const MapResult r = solveRounded(objective, how, x, observer);
  if (range_) range_->restrict(x);
  if (exponential()) {
    const ScratchVec s = model_.unknown.space().scratch();
    check(VecCopy(x, s));
    Positive(model_.unknown.space()).apply(s, x);
  }
  static_cast<Stopped&>(e) = r;
  e.startEnergy = r.startEnergy;
  e.gap = r.gap;
  e.kkt = r.gradientNorm;
  e.solvers = {"map"};
  e.method = "map: " + std::string(how.method == "newton" ? "Newton" : "L-BFGS");
}

double MapRoute::exactEnergy(const std::vector<PriorTerm>& priors, Vec x) const {
  const ScratchVec mean = model_.data.cube.space().scratch();
  model_.mean->apply(x, mean);
  return model_.noise->value(mean) + priorEnergy(priors, x);
}

double MapRoute::priorEnergy(const std::vector<PriorTerm>& priors, Vec x) const {
  std::optional<ScratchVec> log;
  if (std::ranges::any_of(priors, &PriorTerm::onLog)) {
    log.emplace(model_.unknown.space().scratch());
    check(VecCopy(x, *log));
    check(VecLog(*log));
  }
  double sum = 0;
  for (const PriorTerm& prior : priors)
    sum += prior.sparsity ? prior.sparsity->exactValue(x) : prior.term->at(prior.onLog ? Vec(*log) : x)->value();
  return sum;
}

ConvexProblem MapRoute::convexProblem(double strength) const {
  ConvexProblem p(*model_.convolution);
  p.noise = model_.noise;
  p.exposure = model_.data.exposure;
  p.background = model_.data.background;
  p.level = model_.data.level;
  p.positive = options_.positivity == Positivity::Bound;
  const SpacePrior& space = priors_.space;
  p.spacing = space.spacing;
  const double weight = space.strength.value_or(strength);
  if (space.kind == SpacePrior::Kind::Smooth) p.smooth = weight, p.order = space.order;
  if (space.kind == SpacePrior::Kind::TotalVariation) p.totalVariation = weight;
  if (space.kind == SpacePrior::Kind::Starlet) p.starlet = weight, p.scales = space.scales;
  if (space.kind == SpacePrior::Kind::Gaussian) p.power = space.power, p.mean = space.mean;
  if (priors_.time.kind == TimePrior::Kind::TotalVariation) p.timeVariation = priors_.time.strength.value_or(strength);
  p.chain = priors_.time.chain;
  p.chainPower = priors_.time.power;
  if (options_.deterministic) p.planning = Planning::Estimate;
  return p;
}

void MapRoute::proximal(const std::vector<PriorTerm>& priors, double strength, double rtol, double startEnergy, Vec x,
                        Observer* observer, Estimate& e) const {
  const ConvexProblem p = convexProblem(strength);
  ConvexOptions how;
  how.proximal.rtol = rtol;
  how.proximal.startEnergy = startEnergy;
  how.proximal.iterations = options_.iterations;
  how.proximal.single = options_.mixedPrecision;
  how.newtonIterations = std::max(how.newtonIterations, options_.iterations / 20);  // of which one costs as much
  ConvexEnergy objective = energyOf(priors, strength);
  if (range_) {
    how.proximal.restrict = [&](Vec at) { p.positive ? range_->restrictAboveZero(at) : range_->restrict(at); };
    how.proximal.project = [&](Vec v) {
      const ScratchVec moving = model_.unknown.space().scratch();
      range_->projection()->apply(v, moving);
      check(VecCopy(moving, v));
    };
    how.proximal.restrict(x);
  }
  if (options_.algorithm == "auto" && canFollowRichardsonLucy())
    how.richardsonLucy = [&](int iterations, Vec at, Observer* watching) {
      const ImagingData& d = model_.data;
      const RichardsonLucy method(model_.blur, d.counts, d.exposure, d.background, d.mask, d.level);
      method.solve(at, {.iterations = iterations, .accelerate = true}, watching);
    };
  const ConvexResult r = solveConvex(p, objective, how, x, observer);
  static_cast<Stopped&>(e) = r;
  e.startEnergy = r.startEnergy;
  e.gap = r.gap;
  e.kkt = r.optimality.residual;
  e.slack = r.optimality.slack;
  e.solvers = {"proximal", "map"};
  e.method = r.richardsonLucyIterations > 0 ? "map: Richardson-Lucy in place of ADMM, then Newton"
             : r.newtonIterations > 0       ? "map: ADMM, then Newton"
                                            : "map: ADMM";
}

double MapRoute::energyOf(double strength, Vec x) const {
  return exactEnergy(priorTerms(priors_, model_.unknown, strength, level_), x);
}

Estimate MapRoute::solve(double strength, double rtol, Vec x, Observer* observer, double startEnergy) const {
  Estimate e;
  const std::vector<PriorTerm> priors = priorTerms(priors_, model_.unknown, strength, level_);
  const std::string why = whyNotProximal(strength);
  if (options_.algorithm == "admm" && !why.empty())
    throw Error(ExitCode::BadConfig, "[solver] algorithm = \"admm\" cannot be used: " + why);
  const bool quadratic = options_.positivity == Positivity::None && !norms();
  const bool split = options_.algorithm == "admm" || (options_.algorithm == "auto" && why.empty() && !quadratic);
  if (split)
    proximal(priors, strength, rtol, startEnergy, x, observer, e);
  else
    newton(priors, strength, rtol, startEnergy, x, observer, e);
  return e;
}

void MapRoute::finish(double strength, Estimate& e) const {
  const Vec x = e.x;
  e.mean = model_.data.cube.space().vec();
  model_.mean->apply(x, e.mean);
  e.level = level_;
  e.dataEnergy = model_.noise->value(e.mean);
  e.priorEnergy = priorEnergy(priorTerms(priors_, model_.unknown, strength, level_), x);
  e.energy = e.dataEnergy + e.priorEnergy;
  if (options_.positivity != Positivity::Bound) return;
  constexpr double nothing = 1e-14;  // what splits and transforms leave of a pixel that is 0
  e.active = model_.unknown.space().vec();
  const ReadLocal v(x);
  const WriteLocal a(e.active);
  for (PetscInt i = 0; i < a.size(); ++i) a[i] = v[i] <= nothing * level_;
}

}  // namespace lacuna
