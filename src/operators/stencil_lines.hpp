#pragma once
#include "grid/halo.hpp"

namespace lacuna {

/// A line of pixels along x in a rank's box.
struct StencilLine {
  PetscInt z = 0, y = 0;   ///< in the whole field
  std::size_t own = 0;     ///< index of its first pixel in the box
  std::size_t padded = 0;  ///< the same in a padded array
};

/// How far apart neighbours in z and y lie in a padded array.
struct StencilStrides {
  std::ptrdiff_t z = 0, y = 0;
};
inline StencilStrides stridesOf(const Cube& cube, const PaddedShape& padded) {
  return {padded.rest, cube.slabAxis() == 2 ? cube.shape().nx : padded.rest};
}

/// Rank-local. Calls f(StencilLine) for every line of a one-channel cube, frame by frame, with its place in the padded
/// array of a Halo without ghost frames.
template <class F>
void forEachLine(const Cube& cube, const PaddedShape& padded, F&& f) {
  const Box& box = cube.box();
  const auto nx = static_cast<std::size_t>(cube.shape().nx);
  const bool volume = cube.slabAxis() == 2;
  StencilLine line;
  for (PetscInt frame = 0; frame < box.count[0]; ++frame)
    for (PetscInt z = 0; z < box.count[2]; ++z)
      for (PetscInt y = 0; y < box.count[3]; ++y, line.own += nx) {
        line.z = box.start[2] + z;
        line.y = box.start[3] + y;
        line.padded =
            padded.offset(frame, 0, padded.below + (volume ? z : y)) + (volume ? static_cast<std::size_t>(y) * nx : 0);
        f(line);
      }
}

}  // namespace lacuna
