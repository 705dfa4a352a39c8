#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/handle.hpp"
#include "base/observer.hpp"
#include "deconvolve/strength.hpp"
#include "solvers/stopped.hpp"

namespace lacuna {

/// What was found, and how.
struct Estimate : Stopped {
  VecHandle x;                          ///< the image, of the unknown's cube
  VecHandle mean;                       ///< the counts it predicts, of the data's cube
  VecHandle active;                     ///< 1 where x is held at 0; null without bounds
  std::string method;                   ///< "map: admm, then newton", ...
  std::vector<std::string> solvers;     ///< in turn, as the log names them
  double startEnergy = Progress::none;  ///< nats
  double energy = Progress::none;       ///< nats, data and priors
  double dataEnergy = Progress::none;
  double priorEnergy = Progress::none;
  double gap = Progress::none;               ///< estimate of what is left of the energy, nats
  double kkt = Progress::none;               ///< norm of the projected gradient, nats per unit of the unknown
  double slack = Progress::none;             ///< nats, of the multipliers of norms and bounds in it (see Optimality)
  double deviance = Progress::none;          ///< per datum
  double expectedDeviance = Progress::none;  ///< what noise alone gives, per datum
  double level = 1;                ///< typical brightness, that stands in for levels of priors which were left open
  std::optional<double> strength;  ///< of a prior, where it was found from the data
  FoundStrength search;            ///< how it was; no solves: none was looked for
  std::vector<std::string> notes;

  /// What a checkpoint keeps of it; the rest follows from these.
  State state(const Space& space) {
    State all;
    all.field("x", space, x);
    return keepIn(all)
        .value("method", method)
        .value("solvers", solvers)
        .value("start_energy", startEnergy)
        .value("gap", gap)
        .value("kkt", kkt)
        .value("slack", slack)
        .value("strength", search.strength)
        .value("ratio", search.ratio)
        .value("solves", search.solves)
        .value("bracketed", search.bracketed)
        .value("met", search.met);
  }
};

}  // namespace lacuna
