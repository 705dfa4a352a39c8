#pragma once
#include <petscsys.h>

#include <string>
#include <vector>

#include "config/inputs.hpp"
#include "grid/cube.hpp"
#include "operators/psf.hpp"

namespace lacuna {

/// What [psf] asks for.
struct BuiltPsfs {
  std::vector<Psf> psfs;           ///< one, or one a frame
  std::vector<std::string> notes;  ///< extents, centre and sum of every one (of the first ones)
};

/// Frames of the file, and which of them are taken: where a file of PSFs has one for each.
struct FrameChoice {
  PetscInt inFile = 1, first = 0;
};

/// Collective. `data`: shape of the data. Throws 66, 65 (not finite, of sum zero, larger than the data, of the wrong
/// number of axes), 78.
BuiltPsfs buildPsfs(MPI_Comm comm, const Inputs& inputs, const Shape& data, const FrameChoice& frames);

}  // namespace lacuna
