#pragma once
#include <mpi.h>

#include <filesystem>
#include <string>
#include <vector>

namespace lacuna {

/// Files that an earlier run left under the name of this one and that this one does not make: beside the new result
/// they would seem to belong to it (error bars of another map).
class LeftoverFiles {
 public:
  /// Collective. Those of `paths` that exist, and what was to become one of them (.tmp). Throws 73 where there is one
  /// and `overwrite` is false.
  LeftoverFiles(MPI_Comm comm, const std::vector<std::filesystem::path>& paths, bool overwrite);
  /// Collective. Removes them, when the new files are finished. Throws 74.
  void remove() const;

 private:
  MPI_Comm comm_;
  std::vector<std::string> found_;  ///< on rank 0
};

}  // namespace lacuna
