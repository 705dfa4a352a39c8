#pragma once
#include <mpi.h>

#include <filesystem>
#include <string>
#include <vector>

namespace lacuna {

/// The checkpoints of one run: NAME.ckpt.001.h5, NAME.ckpt.002.h5, ... in a folder. Rank 0 looks, all know. Collective.
class CheckpointFolder {
 public:
  CheckpointFolder(MPI_Comm comm, std::filesystem::path folder, std::string name);

  /// Numbers of the checkpoints that are there, ascending. Throws 73 where the folder does not exist or cannot be read.
  std::vector<int> numbers() const;
  std::filesystem::path path(int number) const;
  /// NAME.ckpt.limit.h5: where a solve stopped at its limit of iterations. It has no number, and is kept beside the
  /// others.
  std::filesystem::path limitPath() const;
  bool hasLimit() const;
  void removeLimit() const;
  /// NAME.ckpt.part.0001.h5, ...: finished parts of a result, which a run keeps in files of their own.
  std::filesystem::path partPath(int number) const;
  /// Removes these, and what killed runs have left of them half-written.
  void removeParts() const;
  /// Removes all but the `keep` newest. What cannot be removed stays.
  void prune(int keep) const;
  /// Removes what killed runs have left half-written.
  void removeTemporary() const;

 private:
  MPI_Comm comm_;
  std::filesystem::path folder_;
  std::string name_;

  /// On rank 0: the files PREFIXnnnSUFFIX of the folder.
  std::vector<std::filesystem::path> files(const std::string& prefix, const std::string& suffix) const;
};

}  // namespace lacuna
