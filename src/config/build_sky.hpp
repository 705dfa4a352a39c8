#pragma once
#include <memory>
#include <string>
#include <vector>

#include "config/inputs.hpp"
#include "grid/fft.hpp"
#include "io/digest.hpp"

namespace lacuna {

/// How a random sky was made.
struct SkyMade {
  std::string text;     ///< in words, for the notes of the product
  std::string warning;  ///< empty: none
  std::vector<InputDigest> inputs;
};

/// Collective. The random part of the convergence that [sky] asks for, drawn into kappa (in the space of fft->cube()).
/// Random numbers are keyed by the mode. Throws 65, 66, 78.
SkyMade drawSky(const Inputs& inputs, const std::shared_ptr<const Fft>& fft, Vec kappa);

}  // namespace lacuna
