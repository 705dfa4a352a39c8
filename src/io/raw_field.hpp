#pragma once
#include <cstdint>

#include "grid/cube.hpp"
#include "io/output_file.hpp"

namespace lacuna {

/// Big-endian numbers, as FITS and ImageJ write them.
enum class RawNumber { Float32, Float64 };
inline std::int64_t bytesOf(RawNumber number) { return number == RawNumber::Float32 ? 4 : 8; }

/// Collective. One channel of x, cut to the window, as numbers [frame][z][y][x] from byte `offset` of the temporary
/// file on, which exists: every rank writes its own rows, and they are on disk when it returns. Returns, on all ranks,
/// the one's-complement sum of the 32-bit words written (the FITS checksum convention, Seaman, Pence & Rots 2012).
/// Throws 74.
std::uint32_t writeRawField(const OutputFile& out, std::int64_t offset, RawNumber number, const Cube& cube,
                            const Window& window, PetscInt channel, Vec x);

/// Collective. Rank 0 puts these bytes at the beginning of the temporary file. Throws 74.
void writeRawHead(const OutputFile& out, const std::string& bytes);

}  // namespace lacuna
