#pragma once
#include <mpi.h>

#include <string>
#include <vector>

#include "io/file_region.hpp"

namespace lacuna {

/// The bytes of the chunks of datasets: every rank writes whole chunks, with their fletcher32 behind them, to places
/// that are known before. A chunk belongs to the rank that holds its first entry; the other ranks that hold entries of
/// it send them there. Methods are collective over the communicator and throw 74, the same on all ranks; no rank
/// leaves an exchange because its disk fails.
class ChunkFile {
 public:
  ChunkFile(MPI_Comm comm, std::string path) : comm_(comm), path_(std::move(path)) {}
  ChunkFile(const ChunkFile&) = delete;
  ChunkFile& operator=(const ChunkFile&) = delete;
  ~ChunkFile();

  /// `places`: where in the file each chunk starts. The regions of the ranks make up the dataset, without overlap.
  void write(const std::string& name, const ChunkGrid& grid, const std::vector<std::int64_t>& places,
             const FileRegion& mine, const double* values);
  /// What was written is on the disk when it returns, on every node.
  void sync();
  /// Every rank reads from the file what it wrote: the checksums of all chunks, and whole chunks (up to 16 of each
  /// dataset, over all of it) to compute them anew. The system reported that all was written; this is to find disks and
  /// file systems that did not tell the truth.
  void requireReadBack() const;

 private:
  struct Chunk {
    std::int64_t place;
    std::uint32_t checksum;
  };
  struct Written {
    std::string name;
    std::size_t bytes;  ///< of a chunk, without its checksum
    std::vector<Chunk> chunks;
  };
  void put(Written& written, std::int64_t place, const double* values);
  void note(bool ok);  ///< keeps errno of the first failure

  MPI_Comm comm_;
  std::string path_;
  int descriptor_ = -1, failure_ = 0;
  std::vector<Written> written_;
};

}  // namespace lacuna
