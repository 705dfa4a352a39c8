#include "io/chunk_reader.hpp"

#include <fcntl.h>

#include <array>
#include <cstring>

#include "io/fletcher32.hpp"
#include "io/h5_file.hpp"

namespace lacuna {
namespace {

constexpr std::size_t checksumBytes = 4;
constexpr std::int64_t largest = std::int64_t{1} << 23;  ///< values of a chunk: larger ones are left to HDF5

/// The chunks of the dataset; those of no value where it is not of the kind.
std::vector<std::int64_t> chunkOf(hid_t dataset, std::size_t axes) {
  const H5Id plist(H5Dget_create_plist(dataset), H5Pclose), type(H5Dget_type(dataset), H5Tclose);
  if (!plist || !type || H5Tequal(type, H5T_NATIVE_DOUBLE) <= 0 || H5Pget_layout(plist) != H5D_CHUNKED) return {};
  unsigned flags = 0, config = 0;
  std::size_t parameters = 0;
  if (H5Pget_nfilters(plist) != 1 ||
      H5Pget_filter2(plist, 0, &flags, &parameters, nullptr, 0, nullptr, &config) != H5Z_FILTER_FLETCHER32)
    return {};
  std::vector<hsize_t> chunk(axes);
  if (H5Pget_chunk(plist, static_cast<int>(axes), chunk.data()) != static_cast<int>(axes)) return {};
  return {chunk.begin(), chunk.end()};
}

/// Reads a chunk and, into the room of the entry behind it, its checksum: whether it is sound.
bool readChunk(hid_t dataset, const std::vector<std::int64_t>& from, double* place, std::size_t values) {
  const std::vector<hsize_t> corner(from.begin(), from.end());
  const std::size_t bytes = values * sizeof(double);
  hsize_t stored = 0;
  std::uint32_t leftOut = 0;
  if (H5Dget_chunk_storage_size(dataset, corner.data(), &stored) < 0 || stored != bytes + checksumBytes ||
      H5Dread_chunk(dataset, H5P_DEFAULT, corner.data(), &leftOut, place) < 0 || leftOut != 0)
    return false;
  std::array<unsigned char, checksumBytes> sum;
  std::memcpy(sum.data(), place + values, sum.size());
  return fletcher32(place, bytes) ==
         (sum[0] | std::uint32_t{sum[1]} << 8 | std::uint32_t{sum[2]} << 16 | std::uint32_t{sum[3]} << 24);
}

}  // namespace

bool readChunks(hid_t dataset, const FileRegion& region, std::span<double> out) {
  const std::vector<std::int64_t> chunk = chunkOf(dataset, region.axes());
  if (chunk.empty()) return false;
  const ChunkGrid grid(region.extents, chunk);
  if (grid.values() > largest) return false;
  const H5Id file(H5Iget_file_id(dataset), H5Fclose);
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 && handle)
    posix_fadvise(*static_cast<int*>(handle), 0, 0, POSIX_FADV_SEQUENTIAL);  // reads ahead, farther than else

  const auto values = static_cast<std::size_t>(grid.values());
  std::vector<double> buffer;
  for (const std::int64_t index : grid.touching(region)) {
    const FileRegion part = grid.inside(region, index), there = grid.inChunk(part, index);
    const auto offset = static_cast<std::size_t>(part.offset);
    // A chunk goes straight to its place, if the checksum behind it finds room there, too.
    const bool straight = part.count == chunk && sameOrder(part, there) && offset + values < out.size();
    if (!straight) buffer.resize(values + 1);
    double* place = straight ? out.data() + offset : buffer.data();
    const double next = place[values];
    const bool good = readChunk(dataset, grid.corner(index), place, values);
    place[values] = next;
    if (!good) return false;
    if (!straight) copyRegion(there, place, part, out.data());
  }
  return true;
}

}  // namespace lacuna
