#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/h5_file.hpp"
#include "io/h5_read_back.hpp"

namespace lacuna {

/// Writes an HDF5 file by all ranks at once (MPI-IO): chunks of about 2 MiB with fletcher32, collective transfers, in
/// which ranks without data take part. Missing groups are made.
///
/// Parallel HDF5 neither survives nor reports a full disk: it crashes at close, hangs, or returns success. So the space
/// for every dataset is reserved first (fallocate, or a look at the free space where the file system has no such call),
/// which throws (exit 74) in good order; and if a call of HDF5 fails all the same on any rank, one message is printed,
/// the file is removed and the job is aborted with exit code 74, without calling HDF5 again.
///
/// All methods are collective with the same arguments on all ranks, but for the entries of x, the parts of
/// writeColumn, and for `values` and `strings`, of which rank 0's are taken.
class H5Writer {
 public:
  /// Compatible: what every version of HDF5 reads. Checked: in the structures of HDF5 1.10, which have checksums, so
  /// that a flipped bit is an error and does not lead astray.
  enum class Metadata { Compatible, Checked };
  /// Truncates `path` (OutputFile::temporary()). 73 if it cannot be created.
  /// `pieceBytes`: what a rank hands to HDF5 in one call (HDF5 keeps a copy of it).
  H5Writer(MPI_Comm comm, std::string path, std::int64_t pieceBytes = std::int64_t{1} << 28,
           Metadata metadata = Metadata::Compatible);
  H5Writer(const H5Writer&) = delete;
  H5Writer& operator=(const H5Writer&) = delete;
  /// Closes the file if all ranks get here within 3 s; else leaves it to the farewell of base/run.
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
  /// Closes the file and reads the fields back to see that they are there (74). Nothing may be written after it.
  void close();

 private:
  H5Id createDataset(const std::string& name, const std::vector<hsize_t>& extents, hid_t type);
  /// A 1-D dataset of rank 0's data.
  void writeRoot(const std::string& name, std::size_t count, hid_t memoryType, hid_t fileType, const void* data);
  void setAttribute(const std::string& object, const std::string& name, hid_t type, const void* data);
  /// Makes sure that the disk has room.
  void reserve(std::int64_t bytes, const std::string& what);
  /// Aborts the job unless all ranks are well.
  void require(bool ok, const std::string& what);

  MPI_Comm comm_ = MPI_COMM_NULL;  ///< our own: no one else's messages can meet ours
  std::string path_;
  std::int64_t pieceBytes_, planned_ = 1 << 16;
  Metadata metadata_;
  H5Id file_;
  std::vector<WrittenField> written_;
};

}  // namespace lacuna
