#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "io/byte_file.hpp"

namespace lacuna {

/// The first bytes of a TIFF or BigTIFF of either byte order.
bool isTiff(std::string_view firstBytes);

/// What the first bytes of a TIFF say, and the places of its image file directories: one a page, in the order of the
/// chain. libtiff needs a walk along the chain to find page n; with its place it goes there at once.
struct TiffDirectories {
  bool bigEndian = false, big = false;
  std::vector<std::int64_t> places;
};
/// Rank-local. Throws 65 where the chain leaves the file or comes back to itself.
TiffDirectories tiffDirectories(const ByteFile& file);

}  // namespace lacuna
