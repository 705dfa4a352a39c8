#pragma once
#include <vector>

#include "config/inputs.hpp"
#include "deconvolve/imaging_priors.hpp"
#include "grid/cube.hpp"

namespace lacuna {

/// Collective. `unknown`: the cube of the estimate; `times`: of its frames. Throws 66, 65, 78.
ImagingPriors buildPriors(MPI_Comm comm, const Inputs& inputs, const Cube& unknown, const std::vector<double>& times);

}  // namespace lacuna
