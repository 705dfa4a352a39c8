#include "solvers/convex.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/stage.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/spectral_preconditioner.hpp"

namespace lacuna {
namespace {

/// || g ||, without components that push a pixel at its bound further.
double kktResidual(const Term& term, Vec x, bool positive) {
  const ScratchVec g = term.space().scratch();
  term.at(x)->gradient(g);
  return std::sqrt(sumOver(term.space().comm(), [&] {
    const ReadLocal v(x), slope(g);
    double sum = 0;
    for (PetscInt i = 0; i < v.size(); ++i) {
      const double s = positive && v[i] <= 0 ? std::min(slope[i], 0.0) : slope[i];
      sum += s * s;
    }
    return sum;
  }));
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

}  // namespace

ConvexResult solveConvex(const ConvexProblem& problem, const std::function<double(Vec)>& value, const Term* term,
                         const ConvexOptions& options, Vec x, Observer* observer) {
  const bool held = problem.smooth > 0 || problem.chain || problem.power;
  const bool polishes = term && held && problem.totalVariation == 0;
  ProximalOptions first = options.proximal;
  if (polishes) first.gap = std::max(first.gap, options.handOver);
  const Space& space = problem.image.space();
  const ScratchVec start = space.scratch();
  check(VecCopy(x, start));
  ProximalResult p;
  State state;
  state.field("x", space, x).field("start", space, start);
  Stage stage(observer, "admm", p.keepIn(state));
  stage.once([&] {
    p = solveProximal(problem, value, first, x, observer);
    if (std::isinf(p.energy)) p.energy = mixInStart(value, start, x);
  });

  ConvexResult r;
  static_cast<Stopped&>(r) = p;
  r.startEnergy = p.startEnergy;
  r.energy = p.energy;
  r.gap = p.gap;
  r.proximalIterations = p.iterations;
  r.penalties = p.penalties;
  const auto near = [&] { return r.gap <= options.proximal.rtol * (r.startEnergy - r.energy + r.gap); };
  if (polishes && std::isfinite(r.energy) && !(std::isfinite(r.gap) && near())) {
    MapOptions how;
    how.method = "newton";
    how.rtol = options.proximal.rtol;
    how.startEnergy = r.startEnergy;
    how.iterations = options.newtonIterations;
    how.prefix = options.prefix;
    if (problem.positive) how.lower = 0;
    // It pays where pixels far from one another know of one another; neighbours alone are soon done without.
    std::optional<SpectralPreconditioner> spectral;
    if (problem.chain || problem.power) {
      spectral.emplace(problem);
      how.preconditioner = [&](const TermAt& at) { return spectral->at(at); };
    }
    const MapResult m = solveMap(*term, how, x, observer);
    static_cast<Stopped&>(r) = m;
    r.newtonIterations = m.iterations;
    r.iterations = p.iterations + m.iterations;
    r.energy = m.energy;
    r.gap = m.gap;
  }
  if (term) r.gradientNorm = kktResidual(*term, x, problem.positive);
  return r;
}

}  // namespace lacuna
