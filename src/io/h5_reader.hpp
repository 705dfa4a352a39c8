#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/h5_file.hpp"

namespace lacuna {

/// Reads an HDF5 file that may come from anywhere: no plugins, no external links or storage, no virtual datasets,
/// shapes are compared before anything is allocated. Any integer, floating-point or boolean type of any byte order
/// becomes double. Rank 0 looks at names, types and shapes and tells the others; values are then read by each rank for
/// itself, independently of the others (POSIX driver), so that a bad chunk met by one rank cannot leave the others
/// inside a collective call of HDF5. A failed fletcher32 checksum is an error (exit 65).
///
/// All methods are collective over `comm` and throw the same error on all ranks: 66 if the file does not exist or may
/// not be read, 65 naming file and dataset for everything that is wrong inside it.
class H5Reader {
 public:
  H5Reader(MPI_Comm comm, std::string path);

  const std::string& path() const { return path_; }
  /// Something of this name, group or dataset, is in the file.
  bool exists(const std::string& name) const;
  /// Extents of a dataset, slowest axis first; empty for a scalar. 65 with the nearest names where there is none.
  std::vector<std::int64_t> shape(const std::string& dataset) const;
  /// Full names of the datasets of the file, at most 1000.
  std::vector<std::string> datasets() const;

  /// Reads into one channel of x (in the layout of cube). The dataset must have the extents of the window,
  /// fileExtents(); further axes of length 1 in front are accepted. Entries of the channel outside the window become
  /// `fill`.
  void readField(const std::string& dataset, const Cube& cube, const Window& window, PetscInt channel, Vec x,
                 double fill = 0) const;
  /// A whole dataset in natural order on every rank; for small ones: 65 above `cap` values.
  std::vector<double> readValues(const std::string& dataset, std::int64_t cap = 1 << 22) const;
  /// Entries [start, start + count) of a 1-D dataset: each rank a part of its own, which may be empty.
  std::vector<double> readPart(const std::string& dataset, std::int64_t start, std::int64_t count) const;
  /// The same of integers: 65 if they are of another type.
  std::vector<std::int64_t> readIntegerPart(const std::string& dataset, std::int64_t start, std::int64_t count) const;
  /// A 1-D dataset of strings (fixed or variable length) on every rank.
  std::vector<std::string> readStrings(const std::string& dataset, std::int64_t cap = 1 << 16) const;

  /// Attributes of a group or dataset ("/" is the file itself). Scalars, or arrays of length 1.
  bool hasAttribute(const std::string& object, const std::string& name) const;
  double readDouble(const std::string& object, const std::string& name) const;
  std::int64_t readInteger(const std::string& object, const std::string& name) const;
  std::string readString(const std::string& object, const std::string& name) const;
  /// An attribute that is a 1-D array of integers, at most 16.
  std::vector<std::int64_t> readIntegers(const std::string& object, const std::string& name) const;

 private:
  hid_t file() const;  ///< Rank-local. Opened where it is needed first.
  /// Collective; `work(attribute, its name for messages)` runs on rank 0. An array of more than `most` values is
  /// refused.
  void withAttribute(const std::string& object, const std::string& name,
                     const std::function<void(hid_t, const std::string&)>& work, hssize_t most = 1) const;
  /// Collective. Reads a part of a 1-D dataset into `out`, as `memory` type.
  void readPartAs(hid_t memory, bool integers, const std::string& dataset, std::int64_t start, std::int64_t count,
                  void* out) const;

  MPI_Comm comm_;
  std::string path_;
  mutable H5Id file_;
};

}  // namespace lacuna
