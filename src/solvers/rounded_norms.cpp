#include "solvers/rounded_norms.hpp"

#include <cmath>

#include "base/stage.hpp"

namespace lacuna {

MapResult solveRounded(const ConvexEnergy& energy, MapOptions options, Vec x, Observer* observer) {
  if (energy.corner == 0) return solveMap(*energy.term(0), options, x, observer);
  constexpr int most = 8;
  const double rtol = options.rtol;
  options.rtol *= 0.25;  // the rest is for what rounding changes
  int round = 0, before = 0;
  double corner = energy.corner;
  std::shared_ptr<const Term> term = energy.term(corner);
  const Stage stage(observer, "newton",
                    State()
                        .field("x", term->space(), x)
                        .value("round", round)
                        .value("corner", corner)
                        .value("iterations_before", before)
                        .value("start_energy", options.startEnergy));
  MapResult r;
  for (; round < most; ++round, corner *= 0.1) {
    if (round > 0) {
      term.reset();  // one at a time: half the memory
      term = energy.term(corner);
    }
    r = solveMap(*term, options, x, observer);
    if (std::isnan(options.startEnergy)) options.startEnergy = r.startEnergy;
    r.startEnergy = options.startEnergy;
    before += r.iterations;
    const double exact = energy.value(x);
    r.gap += exact - r.energy;
    r.energy = exact;
    if (!r.converged || r.gap <= rtol * (r.startEnergy - r.energy)) break;
    if (round + 1 < most) continue;
    r.converged = false;
    r.limited = true;
    r.reason = "rounding the norms still counts for more than rtol";
  }
  r.iterations = before;
  return r;
}

}  // namespace lacuna
