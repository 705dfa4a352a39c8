#pragma once
#include <memory>

#include "io/h5_file.hpp"

namespace lacuna {

/// What a file under construction knows of itself, beside HDF5: a driver of HDF5 (H5FD) over POSIX files that
/// - can leave out the bytes of a chunk that HDF5 believes to write, and tell where they belong: other ranks put them
///   there, at the same time and without HDF5;
/// - has written to the disk itself, not only to the memory of the system, when H5Fflush returns;
/// - remembers the first write that the system refused. From then on it writes nothing more and tells HDF5 that all is
///   well, so that HDF5 can still be left in good order, which it cannot on a full disk: look at `failure`.
/// Rank-local; made by std::make_shared, since the open file keeps it.
struct H5Skeleton : std::enable_shared_from_this<H5Skeleton> {
  bool leaveOut = false;        ///< raw data are left out
  haddr_t place = HADDR_UNDEF;  ///< of the last ones that were
  int failure = 0;              ///< errno
  /// Access to a file through this driver.
  H5Id access();
};

}  // namespace lacuna
