#pragma once
#include <functional>
#include <memory>

#include "model/term.hpp"
#include "solvers/map_solver.hpp"

namespace lacuna {

/// E as a function and, for Newton's method, as a Term.
struct ConvexEnergy {
  std::function<double(Vec)> value;  ///< E
  /// E whose norms (total variation) are rounded below the size `corner`, which makes it smaller; infinity leaves them
  /// out. Empty: no Newton.
  std::function<std::shared_ptr<const Term>(double corner)> term = {};
  double corner = 0;  ///< to begin with; 0: E has no norms
};

/// solveMap for E. Where it has norms they are rounded ever less, until what that changes is within rtol: a bound,
/// since the rounded energy is below E. Energy and gap of the result are those of E. Collective.
MapResult solveRounded(const ConvexEnergy& energy, MapOptions options, Vec x, Observer* observer = nullptr);

}  // namespace lacuna
