#include "io/leftover_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace lacuna {

LeftoverFiles::LeftoverFiles(MPI_Comm comm, const std::vector<std::filesystem::path>& paths, bool overwrite)
    : comm_(comm) {
  onRankZero(comm_, [&] {
    for (const std::filesystem::path& path : paths) {
      struct stat info {};
      // Of a run that was killed while it wrote; the lock on the product tells that no other is at work.
      const std::string half = path.string() + ".tmp";
      if (lstat(half.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) found_.push_back(half);
      if (lstat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) continue;
      if (!overwrite)
        throw Error(ExitCode::CannotCreate, path.string() +
                                                " exists, would seem to belong to the new result and does not: give "
                                                "--overwrite to remove it, or another output name");
      found_.push_back(path.string());
    }
  });
}

void LeftoverFiles::remove() const {
  onRankZero(comm_, [&] {
    for (const std::string& path : found_)
      if (unlink(path.c_str()) != 0 && errno != ENOENT)
        throw Error(ExitCode::IoError, "cannot remove " + path + ", of an earlier run: " + std::strerror(errno));
  });
}

}  // namespace lacuna
