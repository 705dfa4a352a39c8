#pragma once
#include <mpi.h>

#include "config/build_inputs.hpp"

namespace lacuna {

/// Collective. lacuna-simulate with kind = "movie": a scene of moving, blinking and appearing sources in diffuse
/// structure, blurred by a Gaussian PSF, on a background, in Poisson counts. Writes NAME.h5 (maps/data, maps/truth,
/// maps/mean, psf, sources, series) and, where wanted, NAME_data and NAME_truth as FITS and TIFF. The same bits on any
/// number of ranks.
ExitCode simulateMovie(MPI_Comm comm, const StartedRun& run);

}  // namespace lacuna
