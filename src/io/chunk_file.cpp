#include "io/chunk_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "io/byte_range.hpp"
#include "io/fletcher32.hpp"

namespace lacuna {
namespace {

constexpr int tag = 7219;
constexpr std::size_t sampled = 16;  ///< whole chunks of a dataset that a rank reads back

/// Entries in a rank's memory as a type of MPI.
class EntriesType {
 public:
  explicit EntriesType(const FileRegion& region) {
    checkMpi(MPI_Type_dup(MPI_DOUBLE, &type_));
    for (std::size_t i = region.axes(); i-- > 0;) {
      MPI_Datatype inner = type_;
      checkMpi(MPI_Type_create_hvector(static_cast<int>(region.count[i]), 1, 8 * region.stride[i], inner, &type_));
      MPI_Type_free(&inner);
    }
    checkMpi(MPI_Type_commit(&type_));
  }
  EntriesType(const EntriesType&) = delete;
  EntriesType& operator=(const EntriesType&) = delete;
  ~EntriesType() { MPI_Type_free(&type_); }
  operator MPI_Datatype() const { return type_; }

 private:
  MPI_Datatype type_ = MPI_DATATYPE_NULL;
};

/// The regions of all ranks, without their memory.
std::vector<FileRegion> regionsOf(MPI_Comm comm, const FileRegion& mine) {
  const std::size_t axes = mine.axes();
  std::vector<std::int64_t> told(mine.start);
  told.insert(told.end(), mine.count.begin(), mine.count.end());
  std::vector<std::int64_t> all(told.size() * static_cast<std::size_t>(sizeOf(comm)));
  const int n = static_cast<int>(told.size());
  checkMpi(MPI_Allgather(told.data(), n, MPI_INT64_T, all.data(), n, MPI_INT64_T, comm));
  std::vector<FileRegion> out;
  for (auto at = all.begin(); at != all.end(); at += n) {
    const auto middle = at + static_cast<std::ptrdiff_t>(axes);
    out.push_back({mine.extents, {at, middle}, {middle, at + n}, std::vector<std::int64_t>(axes, 0), 0});
  }
  return out;
}

}  // namespace

ChunkFile::~ChunkFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ChunkFile::note(bool ok) {
  if (!ok && failure_ == 0) failure_ = errno;
}

void ChunkFile::put(Written& written, std::int64_t place, const double* values) {
  if (descriptor_ < 0 && failure_ == 0) note((descriptor_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC)) >= 0);
  if (failure_ != 0) return;
  const std::uint32_t sum = fletcher32(values, written.bytes);
  const std::array<unsigned char, 4> behind{static_cast<unsigned char>(sum), static_cast<unsigned char>(sum >> 8),
                                            static_cast<unsigned char>(sum >> 16),
                                            static_cast<unsigned char>(sum >> 24)};
  const auto bytes = static_cast<std::int64_t>(written.bytes);
  note(writeBytes(descriptor_, values, written.bytes, place) &&
       writeBytes(descriptor_, behind.data(), behind.size(), place + bytes));
  // The disk starts on it now, while the next chunk is prepared; whether it worked is asked in sync().
  sync_file_range(descriptor_, place, bytes, SYNC_FILE_RANGE_WRITE);
  written.chunks.push_back({place, sum});
}

void ChunkFile::write(const std::string& name, const ChunkGrid& grid, const std::vector<std::int64_t>& places,
                      const FileRegion& mine, const double* values) {
  const std::vector<FileRegion> regions = regionsOf(comm_, mine);
  const auto rank = static_cast<std::size_t>(rankOf(comm_));
  const std::vector<std::int64_t> touched = grid.touching(mine);

  std::vector<MPI_Request> sent;
  std::size_t owner = rank;  // neighbouring chunks often have the same
  for (const std::int64_t index : touched) {
    const std::vector<std::int64_t> corner = grid.corner(index);
    if (mine.contains(corner)) continue;
    if (!regions[owner].contains(corner))
      owner = static_cast<std::size_t>(
          std::find_if(regions.begin(), regions.end(), [&](const FileRegion& r) { return r.contains(corner); }) -
          regions.begin());
    const FileRegion part = grid.inside(mine, index);
    const EntriesType type(part);
    checkMpi(MPI_Isend(values + part.offset, 1, type, static_cast<int>(owner), tag, comm_, &sent.emplace_back()));
  }

  Written written{name, static_cast<std::size_t>(grid.values()) * sizeof(double), {}};
  std::vector<double> buffer;
  for (const std::int64_t index : touched) {
    if (!mine.contains(grid.corner(index))) continue;
    const std::int64_t place = places[static_cast<std::size_t>(index)];
    const FileRegion part = grid.inside(mine, index), all = grid.whole(index), there = grid.inChunk(part, index);
    if (part.count == grid.chunk() && sameOrder(part, there)) {
      put(written, place, values + part.offset);
      continue;
    }
    buffer.resize(static_cast<std::size_t>(grid.values()));
    if (all.count != grid.chunk()) std::fill(buffer.begin(), buffer.end(), 0.0);  // what is beyond the dataset
    copyRegion(part, values, there, buffer.data());
    for (std::size_t r = 0; part.count != all.count && r < regions.size(); ++r) {
      const FileRegion theirs = r == rank ? FileRegion{} : grid.inside(regions[r], index);
      if (r == rank || theirs.empty()) continue;
      const FileRegion into = grid.inChunk(theirs, index);
      const EntriesType type(into);
      checkMpi(MPI_Recv(buffer.data() + into.offset, 1, type, static_cast<int>(r), tag, comm_, MPI_STATUS_IGNORE));
    }
    put(written, place, buffer.data());
  }
  checkMpi(MPI_Waitall(static_cast<int>(sent.size()), sent.data(), MPI_STATUSES_IGNORE));
  together(comm_, [&] {
    if (failure_ != 0)
      throw Error(ExitCode::IoError, path_ + ": cannot write " + name + ": " + std::strerror(failure_));
  });
  written_.push_back(std::move(written));
}

void ChunkFile::sync() {
  together(comm_, [&] {
    if (descriptor_ >= 0 && fsync(descriptor_) != 0)
      throw Error(ExitCode::IoError, path_ + ": cannot write: " + std::strerror(errno));
  });
}

void ChunkFile::requireReadBack() const {
  together(comm_, [&] {
    if (descriptor_ < 0) return;
    const int in = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    std::vector<unsigned char> data;
    const auto good = [&](const Chunk& chunk, std::size_t bytes, bool wholly) {
      data.resize(wholly ? bytes + 4 : 4);
      const std::int64_t at = chunk.place + (wholly ? 0 : static_cast<std::int64_t>(bytes));
      if (readBytes(in, data.data(), data.size(), at) != static_cast<ssize_t>(data.size())) return false;
      const unsigned char* sum = data.data() + data.size() - 4;
      for (unsigned i = 0; i < 4; ++i)
        if (sum[i] != static_cast<unsigned char>(chunk.checksum >> (8 * i))) return false;
      return !wholly || fletcher32(data.data(), bytes) == chunk.checksum;
    };
    std::string wrong;
    for (const Written& written : written_) {
      const std::size_t n = written.chunks.size(), every = (n + sampled - 1) / sampled;
      for (std::size_t i = 0; i < n && wrong.empty(); ++i)
        if (!good(written.chunks[i], written.bytes, (i + 1) % every == 0)) wrong = written.name;
    }
    if (in >= 0) close(in);
    if (!wrong.empty())
      throw Error(ExitCode::IoError,
                  "read back after writing: " + path_ + ": dataset '" + wrong + "' is not what was written");
  });
}

}  // namespace lacuna
