#pragma once
#include <petscvec.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lacuna {

/// Where a solver stands. Numbers that a method does not have are NaN.
struct Progress {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::string solver;  ///< "wiener", "map", "sample 3", ...
  int iteration = 0;
  double energy = none;  ///< nats
  double chi2PerDatum = none;
  double priorEnergy = none;                       ///< nats
  double gradientNorm = none;                      ///< ||r||/||b|| of linear solves, ||g|| otherwise
  double target = none;                            ///< the gradientNorm at which the solver stops, for the ETA
  double seconds = 0;                              ///< since the solver started
  std::vector<std::pair<std::string, Vec>> state;  ///< what a restart would need; views
};

/// Told by every solver after each iteration, on all ranks.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Collective.
  virtual void iteration(const Progress& progress) = 0;
};

}  // namespace lacuna
