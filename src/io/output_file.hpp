#pragma once
#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace lacuna {

/// A file that appears under its name only when it is complete: written as NAME.tmp, then fsync, rename, fsync of the
/// folder. A crash leaves the old file, or none, never half of a new one. Make it before the computation starts: what
/// would go wrong at the end goes wrong now. Rank 0 alone calls the file system; all ranks get the result.
class OutputFile {
 public:
  /// Collective. Makes an empty NAME.tmp (a stale one is emptied) and locks it. Throws 73 if `path` exists and
  /// `overwrite` is false, if the folder does not exist or may not be written, or if another run is writing the file.
  OutputFile(MPI_Comm comm, const std::filesystem::path& path, bool overwrite);
  /// Removes NAME.tmp if commit() was not called.
  ~OutputFile();
  OutputFile(OutputFile&& o) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;

  MPI_Comm comm() const { return comm_; }
  const std::string& path() const { return path_; }
  const std::string& temporary() const { return temporary_; }  ///< where to write
  bool committed() const { return committed_; }

  /// Collective. Throws 74 where the disk has no room for so many bytes. Quotas are not seen.
  void requireSpace(std::int64_t bytes) const;
  /// Collective. Writers must have closed the file. Throws 74.
  void commit();
  /// Collective. Writes rank 0's text as the whole content. Throws 74.
  void write(const std::string& text);

 private:
  MPI_Comm comm_;
  std::string path_, temporary_;
  bool committed_ = false;
  int lock_ = -1;  ///< file descriptor on rank 0
};

}  // namespace lacuna
