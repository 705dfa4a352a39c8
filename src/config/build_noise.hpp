#pragma once
#include "config/build_massmap.hpp"
#include "io/checkpointer.hpp"
#include "io/product.hpp"

namespace lacuna {

/// Noise realisations for [noise] rotations: the catalogue binned again with every shape turned by a random angle,
/// number n = 1 ... `rotations`. Writes /noise/NNNN/gamma1, gamma2 and kappa_ks, and, from two on, /noise/kappa_ks_std,
/// the root mean square of kappa_ks over the realisations. Collective; reads the catalogue once for each, but for those
/// that an earlier job of this run has left (RealisationFiles); they are kept where all would take longer than the run
/// may lose, keeper.everySeconds().
void writeNoiseRealisations(Product& product, const MassmapProblem& problem, const MassMapper& mapper, int rotations,
                            Checkpointer& keeper);

}  // namespace lacuna
