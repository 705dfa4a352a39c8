#pragma once
#include "grid/cube.hpp"

namespace lacuna {

/// Extent of a padded axis: the least m >= factor * n whose only prime factors are 2, 3, 5 and 7, which FFTW transforms
/// fast; exactly n where factor = 1. Throws (exit 78) if it overflows PetscInt.
PetscInt paddedExtent(PetscInt n, double factor);
/// The least such m >= n, n itself where it is one.
PetscInt fastExtent(PetscInt n);

/// An image padded in y and x, and the window in the middle that it had before.
struct PaddedImage {
  Shape shape;
  Window window;
};
PaddedImage paddedImage(PetscInt ny, PetscInt nx, double factor);

}  // namespace lacuna
