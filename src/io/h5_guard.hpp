#pragma once
/// Looking into an HDF5 file that nobody vouches for. Everything here is rank-local, reads nothing outside the file and
/// allocates nothing by the file's word alone; errors are exit 65 and name the file (`path`) and the object.
#include <hdf5.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/h5_file.hpp"

namespace lacuna {

/// A group or dataset by name; not valid, and `why` set, if it does not open. A path through an external link is an
/// error.
H5Id openH5Object(hid_t file, const std::string& path, const std::string& name, std::string* why = nullptr);

/// A dataset that is safe to read: not virtual, no external storage, chunks below 1 GiB, filters that HDF5 has built
/// in. Where there is none, the error tells the nearest names.
H5Id openH5Dataset(hid_t file, const std::string& path, const std::string& name);

/// Full names of datasets, the first 1000.
std::vector<std::string> h5Datasets(hid_t file);

/// Extents of a dataset, slowest first; {} of a scalar, {0} of a null dataspace.
std::vector<std::int64_t> h5Extents(hid_t dataset);

/// Product of extents; `cap` + 1 for anything larger than `cap`.
std::int64_t h5Count(const std::vector<std::int64_t>& extents, std::int64_t cap);

/// Integers, floating-point numbers and booleans (h5py stores them as an enumeration) are numbers, unless their
/// description is damaged: bits outside the value make HDF5's conversions write beyond their buffers.
bool isH5Number(hid_t type);
void requireH5NumericType(hid_t type, const std::string& what);
/// Also: a dataset of a non-zero number of `values` must have been written.
void requireH5Numbers(hid_t dataset, const std::string& what, std::int64_t values);

/// The n strings of a dataset or attribute, which `read(memoryType, buffer)` reads.
std::vector<std::string> h5Strings(hid_t type, hid_t space, std::size_t n, const std::string& what,
                                   const std::function<herr_t(hid_t, void*)>& read);

}  // namespace lacuna
