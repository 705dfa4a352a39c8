#pragma once
#include <hdf5.h>

#include <span>

#include "io/file_region.hpp"

namespace lacuna {

/// Rank-local. Reads a region of a dataset of 64-bit floating-point numbers in chunks with fletcher32 and nothing else,
/// as H5Writer writes them, several times faster than H5Dread: chunks come as they are in the file, and their checksums
/// are verified here. False where the dataset is not of this kind, or a chunk is missing or damaged: some of `out` may
/// have been written then, and H5Dread reads it, or tells what is wrong.
bool readChunks(hid_t dataset, const FileRegion& region, std::span<double> out);

}  // namespace lacuna
