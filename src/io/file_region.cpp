#include "io/file_region.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

namespace lacuna {
namespace {

constexpr std::int64_t chunkBytes = 1 << 21;

std::int64_t product(const std::vector<std::int64_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<std::int64_t> chunkOf(const std::vector<std::int64_t>& extents, std::int64_t valueBytes) {
  std::vector<std::int64_t> chunk(extents.size(), 1);
  std::int64_t left = std::max<std::int64_t>(chunkBytes / valueBytes, 1);
  for (std::size_t i = extents.size(); i-- > 0 && left > 1; left /= chunk[i])
    chunk[i] = std::clamp<std::int64_t>(extents[i], 1, left);
  return chunk;
}

}  // namespace

bool FileRegion::empty() const {
  return std::any_of(count.begin(), count.end(), [](std::int64_t n) { return n <= 0; });
}

bool FileRegion::contains(const std::vector<std::int64_t>& entry) const {
  for (std::size_t i = 0; i < axes(); ++i)
    if (entry[i] < start[i] || entry[i] >= start[i] + count[i]) return false;
  return true;
}

FileRegion fieldRegion(const Cube& cube, const Window& window, const WindowPart& part, std::size_t leading) {
  const bool has[]{cube.shape().frames > 1, false, cube.shape().nz > 1, !window.line || window.count[1] > 1,
                   !window.line || window.count[1] == 1};
  FileRegion out;
  out.extents = fileExtents(cube, window);
  std::int64_t stride = 1;
  for (std::size_t axis = 5; axis-- > 0; stride *= std::int64_t{cube.box().count[axis]}) {
    out.offset += part.inBox[axis] * stride;
    if (!has[axis]) continue;
    out.start.insert(out.start.begin(), part.inFile[axis]);
    out.count.insert(out.count.begin(), part.count[axis]);
    out.stride.insert(out.stride.begin(), stride);
  }
  for (std::vector<std::int64_t>* each : {&out.extents, &out.count}) each->insert(each->begin(), leading, 1);
  for (std::vector<std::int64_t>* each : {&out.start, &out.stride}) each->insert(each->begin(), leading, 0);
  return out;
}

FileRegion columnRegion(std::int64_t total, std::int64_t start, std::int64_t count) {
  return {{total}, {start}, {count}, {1}, 0};
}

ChunkGrid::ChunkGrid(std::vector<std::int64_t> extents, std::int64_t valueBytes)
    : ChunkGrid(extents, chunkOf(extents, valueBytes)) {}

ChunkGrid::ChunkGrid(std::vector<std::int64_t> extents, std::vector<std::int64_t> chunk)
    : extents_(std::move(extents)), chunk_(std::move(chunk)) {
  for (std::size_t i = 0; i < extents_.size(); ++i) across_.push_back((extents_[i] + chunk_[i] - 1) / chunk_[i]);
}

std::int64_t ChunkGrid::values() const { return product(chunk_); }
std::int64_t ChunkGrid::chunks() const { return product(across_); }

std::vector<std::int64_t> ChunkGrid::corner(std::int64_t index) const {
  std::vector<std::int64_t> out(chunk_.size());
  for (std::size_t i = out.size(); i-- > 0; index /= across_[i]) out[i] = index % across_[i] * chunk_[i];
  return out;
}

std::vector<std::int64_t> ChunkGrid::touching(const FileRegion& region) const {
  if (region.empty()) return {};
  std::vector<std::int64_t> out{0};
  for (std::size_t i = 0; i < across_.size(); ++i) {
    std::vector<std::int64_t> finer;
    const std::int64_t end = (region.start[i] + region.count[i] - 1) / chunk_[i];
    for (const std::int64_t before : out)
      for (std::int64_t at = region.start[i] / chunk_[i]; at <= end; ++at) finer.push_back(before * across_[i] + at);
    out = std::move(finer);
  }
  return out;
}

FileRegion ChunkGrid::inside(const FileRegion& region, std::int64_t index) const {
  FileRegion out = region;
  const std::vector<std::int64_t> from = corner(index);
  for (std::size_t i = 0; i < from.size(); ++i) {
    out.start[i] = std::max(region.start[i], from[i]);
    out.count[i] = std::min(region.start[i] + region.count[i], from[i] + chunk_[i]) - out.start[i];
    out.offset += (out.start[i] - region.start[i]) * region.stride[i];
  }
  return out;
}

FileRegion ChunkGrid::inChunk(const FileRegion& part, std::int64_t index) const {
  FileRegion out = part;
  const std::vector<std::int64_t> from = corner(index);
  out.offset = 0;
  std::int64_t stride = 1;
  for (std::size_t i = from.size(); i-- > 0; stride *= chunk_[i]) {
    out.stride[i] = stride;
    out.offset += (part.start[i] - from[i]) * stride;
  }
  return out;
}

FileRegion ChunkGrid::whole(std::int64_t index) const {
  const std::vector<std::int64_t> none(extents_.size(), 0);
  return inChunk(inside({extents_, none, extents_, none, 0}, index), index);
}

bool sameOrder(const FileRegion& a, const FileRegion& b) {
  for (std::size_t i = 0; i < a.axes(); ++i)
    if (a.count[i] > 1 && a.stride[i] != b.stride[i]) return false;
  return true;
}

void copyRegion(const FileRegion& from, const double* source, const FileRegion& to, double* out) {
  if (from.empty()) return;
  const std::size_t last = from.axes() - 1;
  const auto n = static_cast<std::size_t>(from.count[last]);
  std::vector<std::int64_t> at(from.axes(), 0);
  for (;;) {
    const double* read = source + from.offset;
    double* write = out + to.offset;
    for (std::size_t i = 0; i < last; ++i) read += at[i] * from.stride[i], write += at[i] * to.stride[i];
    if (from.stride[last] == 1 && to.stride[last] == 1)
      std::memcpy(write, read, n * sizeof(double));
    else
      for (std::int64_t k = 0; k < from.count[last]; ++k) write[k * to.stride[last]] = read[k * from.stride[last]];
    std::size_t axis = last;
    while (axis > 0 && ++at[axis - 1] == from.count[axis - 1]) at[--axis] = 0;
    if (axis == 0) return;
  }
}

}  // namespace lacuna
