#pragma once
#include <cstdint>
#include <string>

#include "grid/cube.hpp"
#include "io/output_file.hpp"

namespace lacuna {

/// Collective. One channel of x, cut to the window, as a stack that ImageJ opens as a hyperstack (frames, slices): the
/// whole content of `out` (not yet committed), 32-bit floating-point numbers, big-endian, uncompressed. Every rank
/// writes its own rows. The pixels of all planes stand one after another; up to `mostBytes` every plane has its
/// directory, beyond that there is one for all with ImageJ's line images=N, as ImageJ itself does it. `note` is one
/// line for the description. Values beyond the range of 32 bits become infinite. Throws 74.
void writeTiffStack(const OutputFile& out, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                    const std::string& note = {}, std::int64_t mostBytes = 0xffffffffLL);

}  // namespace lacuna
