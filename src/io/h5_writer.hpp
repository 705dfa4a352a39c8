#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/chunk_file.hpp"
#include "io/h5_file.hpp"
#include "io/h5_skeleton.hpp"

namespace lacuna {

/// Writes an HDF5 file by all ranks at once: chunks of about 2 MiB with fletcher32. Rank 0 alone speaks to HDF5 (names,
/// shapes, attributes, small values, and where the chunks are); the entries of fields and columns are written by the
/// ranks that hold them, each to the places of its chunks (ChunkFile). So the file is the same on any number of ranks,
/// no transfer waits inside a library for others, and a disk that refuses a write is an error like any other: 74 on all
/// ranks, with the reason of the system. The space for every dataset is reserved first (fallocate, or a look at the
/// free space where the file system has no such call).
///
/// Small values and attributes take no message; that one of them was refused is said by the next field, flush or close.
/// All methods are collective with the same arguments on all ranks, but for the entries of x, the parts of
/// writeColumn, and names, attributes, `values` and `strings`, of which rank 0's are taken.
class H5Writer {
 public:
  /// Compatible: what every version of HDF5 reads. Checked: in the structures of HDF5 1.10, which have checksums, so
  /// that a flipped bit is an error and does not lead astray.
  enum class Metadata { Compatible, Checked };
  /// Truncates `path` (OutputFile::temporary()). 73 if it cannot be created.
  H5Writer(MPI_Comm comm, std::string path, Metadata metadata = Metadata::Compatible);
  H5Writer(const H5Writer&) = delete;
  H5Writer& operator=(const H5Writer&) = delete;
  /// Rank-local. Without close() the file is left unfinished.
  ~H5Writer();

  /// Makes an empty group, for attributes.
  void group(const std::string& name);
  /// One channel of x (in the layout of cube), cut to the window: float64 with the extents fileExtents(), attributes
  /// `units` ("1" for a pure number) and `long_name`.
  void writeField(const std::string& name, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                  const std::string& units, const std::string& longName);
  /// A 1-D dataset of doubles, 64-bit integers or strings.
  void writeValues(const std::string& name, const std::vector<double>& values, const std::string& units = {},
                   const std::string& longName = {});
  /// A 1-D dataset of doubles of which every rank has its own part, in the order of the ranks; parts may be empty.
  void writeColumn(const std::string& name, std::span<const double> values, const std::string& units,
                   const std::string& longName);
  void writeIntegers(const std::string& name, const std::vector<std::int64_t>& values);
  void writeStrings(const std::string& name, const std::vector<std::string>& strings);

  /// Makes the 1-D dataset `scale` a dimension scale, called by the last part of its name.
  void makeScale(const std::string& scale);
  /// Attaches it to an axis (counted from the slowest) of a dataset of the same extent there.
  void attachScale(const std::string& dataset, int axis, const std::string& scale);

  /// Attributes of a group or dataset; an existing one is replaced.
  void attribute(const std::string& object, const std::string& name, double value);
  void attribute(const std::string& object, const std::string& name, std::int64_t value);
  void attribute(const std::string& object, const std::string& name, const std::string& value);
  void attribute(const std::string& object, const std::string& name, const char* value) {
    attribute(object, name, std::string(value));
  }
  void attribute(const std::string& object, const std::string& name, int value) {
    attribute(object, name, static_cast<std::int64_t>(value));
  }

  /// Everything written so far is on disk when it returns (on every node).
  void flush();
  /// Closes the file and looks whether it is what was written (74; ChunkFile::requireReadBack). Nothing may be written
  /// after it.
  void close();

 private:
  /// Rank-local. Runs `work` on rank 0 unless something failed before; what fails now is known to all after settle().
  void onRoot(const std::string& what, const std::function<bool()>& work);
  void settle();  ///< Collective. 74 if HDF5 or the disk failed rank 0.
  H5Id createDataset(const std::string& name, const std::vector<std::int64_t>& extents, hid_t type);
  /// Entries of all ranks.
  void writeRegion(const std::string& name, const FileRegion& mine, const double* values, const std::string& units,
                   const std::string& longName);
  /// A 1-D dataset of rank 0's data.
  void writeRoot(const std::string& name, std::size_t count, hid_t memoryType, hid_t fileType, const void* data);
  void setAttribute(const std::string& object, const std::string& name, hid_t type, const void* data);
  /// Rank-local. Makes sure that the disk has room for `bytes` more.
  void reserve(std::int64_t bytes, const std::string& what);

  MPI_Comm comm_;
  std::string path_;
  std::int64_t planned_ = 1 << 16;
  Metadata metadata_;
  std::shared_ptr<H5Skeleton> skeleton_ = std::make_shared<H5Skeleton>();
  H5Id file_;                   ///< of rank 0
  std::exception_ptr failure_;  ///< of rank 0
  ChunkFile chunks_;            ///< of this rank
  struct Stored {
    std::string name;
    std::int64_t bytes;
  };
  std::vector<Stored> stored_;  ///< rank 0's list of what the ranks wrote
};

}  // namespace lacuna
