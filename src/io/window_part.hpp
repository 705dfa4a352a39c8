#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "grid/cube.hpp"

namespace lacuna {

/// What one rank holds of one channel of a windowed field: the intersection of its box with the window. Files hold
/// the window alone, so that a padded cube is cut back on writing and embedded on reading. Axes as in Shape.
struct WindowPart {
  std::array<PetscInt, 5> inFile{};  ///< start, counted from the corner of the window; channel 0
  std::array<PetscInt, 5> inBox{};   ///< start, counted from the corner of the rank's box
  std::array<PetscInt, 5> count{};   ///< one channel; all zero where the rank holds nothing

  bool empty() const { return count[0] == 0; }
  std::int64_t size() const;
  /// Place in the rank's local array of the first pixel of a row (frame, z, y counted within the part).
  PetscInt localRow(const Box& box, PetscInt frame, PetscInt z, PetscInt y) const;
};

/// The part of any box. Throws (exit 70) if the window leaves the cube or the channel does not exist.
WindowPart windowPart(const Cube& cube, const Box& box, const Window& window, PetscInt channel);
inline WindowPart windowPart(const Cube& cube, const Window& window, PetscInt channel) {
  return windowPart(cube, cube.box(), window, channel);
}

/// Extents of the field in a file: [frame][z][y][x], without the axes frame and z where the cube has one of them, and
/// without y where the window is a line; a line that lies along y, so that ranks can share it, is one along x there.
std::vector<std::int64_t> fileExtents(const Cube& cube, const Window& window);
/// The letters of these axes: "yx", "tyx", "tx", "tzyx", ...
std::string fileAxes(const Cube& cube, const Window& window);
/// "360 x 360"
std::string extentsText(const std::vector<std::int64_t>& extents);

/// Sets all local entries of one channel.
void fillChannel(const Cube& cube, PetscInt channel, Vec x, double value);

}  // namespace lacuna
