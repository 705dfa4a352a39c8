#include "solvers/rounded_norms.hpp"

#include <algorithm>
#include <cmath>

#include "base/stage.hpp"

namespace lacuna {

MapResult solveRounded(const ConvexEnergy& energy, MapOptions options, Vec x, Observer* observer) {
  if (energy.corner == 0) return solveMap(*energy.term(0), options, x, observer);
  constexpr int most = 8;
  constexpr double rounding = 1e-13;  // of an energy, relative
  const double rtol = options.rtol;
  options.rtol *= 0.25;  // the rest is for what rounding changes
  if (std::isnan(options.started)) options.started = MPI_Wtime();
  int round = 0;
  double corner = energy.corner;
  std::shared_ptr<const Term> term = energy.term(corner);
  const Stage stage(observer, "newton",
                    State()
                        .field("x", term->space(), x)
                        .value("round", round)
                        .value("corner", corner)
                        .value("iterations_before", options.iterationsBefore)
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
    options.iterationsBefore = r.iterations;
    const double exact = energy.value(x), rounded = exact - r.energy;
    r.gap += rounded;
    r.energy = exact;
    const double enough = std::max({rtol * (r.startEnergy - r.energy), 10 * leastGap, rounding * std::abs(r.energy)});
    r.limited = r.limited || (!r.converged && round > 0);  // what an earlier round has found can be used
    if (r.stands ? rounded <= enough : !r.converged || r.gap <= enough) break;
    if (round + 1 < most) continue;
    r.converged = false;
    r.limited = true;
    r.reason = "rounding the norms still counts for more than rtol";
  }
  return r;
}

}  // namespace lacuna
