#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lacuna {

/// How the pages of a TIFF make up a stack: the axes in front of those of a page.
struct TiffPlanes {
  std::string letters;                ///< t c z, slowest first; '?' where it is not said
  std::vector<std::int64_t> extents;  ///< as many
  std::vector<std::int64_t> pages;    ///< the page of every plane; empty: in their order
  std::int64_t count() const;
};

/// What the ImageDescription of the first page says: ImageJ's lines (images=, channels=, slices=, frames=; channels are
/// the fastest), OME-XML (DimensionOrder, SizeZ, SizeC, SizeT, TiffData) or tifffile's {"shape": [...]}. Nothing where
/// it is none of these or does not fit. `pages`: pages of the file; `shape`: extents of one page, with `samples` values
/// a pixel among them. ImageJ's own large files have one page for all images.
/// Throws 65 where OME-XML tells of more planes than the file has (they are in other files).
std::optional<TiffPlanes> describedPlanes(const std::string& description, std::int64_t pages,
                                          const std::vector<std::int64_t>& shape, std::int64_t samples,
                                          const std::string& path);

}  // namespace lacuna
