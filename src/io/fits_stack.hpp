#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "io/fits_image.hpp"
#include "io/stack_source.hpp"

namespace lacuna {

/// Where an image made from a stack lies in it.
struct StackPlace {
  bool oneFrame = false;                 ///< all frames have become one
  std::array<std::int64_t, 3> margin{};  ///< z, y, x: pixels of the image in front of the first one taken of the stack
};

/// Collective. The cards (80 characters each) with which the FITS image of a stack says where its pixels lie: world
/// coordinates on any axis, their distortions, and what was observed, when and with what. They are turned to fit what
/// writeFitsStack() makes of an image that lies there in the part that is taken: CRPIX is shifted, axes are renumbered,
/// axes that are dropped take their cards with them. Empty where the stack is no FITS image.
std::vector<std::string> fitsCards(MPI_Comm comm, const StackSource& source, const StackPlace& place = {});

/// Collective. One channel of x, cut to the window, as the primary image of `out` (not yet committed): 64-bit
/// floating-point numbers [frame][z][y][x] without the axes that fileExtents() leaves out, with `cards`, the labels,
/// CHECKSUM and DATASUM. Rank 0 writes the header, every rank its own rows. Throws 74.
void writeFitsStack(const OutputFile& out, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                    const FitsLabels& labels, const std::vector<std::string>& cards = {});

}  // namespace lacuna
