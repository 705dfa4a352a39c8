#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "operators/spectral_filter.hpp"
#include "priors/time_chain.hpp"

namespace lacuna {

/// A prior energy that a configuration asks for, as numbers: what both the terms of Newton's method and the splits of
/// ADMM are made from.
struct SpacePrior {
  enum class Kind { None, Smooth, Gaussian, TotalVariation, Starlet, Entropy };
  Kind kind = Kind::None;
  std::optional<double> strength;  ///< none: "auto", to be found
  int order = 1;                   ///< Smooth
  std::array<double, 3> spacing{1, 1, 1};
  int scales = 4;               ///< Starlet
  std::optional<double> level;  ///< Entropy; none: from the data
  double mean = 0;              ///< Gaussian
  Transfer power;               ///< Gaussian: P(k), x^2
  bool still = false;           ///< Gaussian: some modes have P(k) = 0
  bool onLog = false;
};

struct TimePrior {
  enum class Kind { None, Chain, Gamma, TotalVariation };
  Kind kind = Kind::None;
  std::optional<TimeChain> chain;      ///< Chain
  Transfer power;                      ///< Chain: P(k) of the innovations, mean 1; empty: white
  double shape = 0, initialShape = 1;  ///< Gamma
  std::optional<double> initialMean;   ///< Gamma; none: from the data
  std::optional<double> strength;      ///< TotalVariation; none: "auto"
  bool onLog = false;
};

struct ImagingPriors {
  SpacePrior space;
  TimePrior time;
  std::vector<std::string> notes;  ///< what they are, in words
  bool automatic() const;          ///< some strength is to be found
};

}  // namespace lacuna
