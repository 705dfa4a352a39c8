#pragma once
#include "base/observer.hpp"
#include "config/build_massmap.hpp"
#include "io/product.hpp"

namespace lacuna {

/// Noise realisations for [noise] rotations: the catalogue binned again with every shape turned by a random angle,
/// number n = 1 ... `rotations`. Writes /noise/NNNN/gamma1, gamma2 and kappa_ks, and, from two on, /noise/kappa_ks_std,
/// the root mean square of kappa_ks over the realisations. Collective; reads the catalogue once for each.
void writeNoiseRealisations(Product& product, const MassmapProblem& problem, const MassMapper& mapper, int rotations,
                            Observer* observer);

}  // namespace lacuna
