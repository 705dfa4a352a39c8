#include "io/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace lacuna {
namespace {

std::string reason() { return std::strerror(errno); }

/// fsync of a file or folder by name: what was written through any other descriptor counts.
bool syncPath(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = fsync(fd) == 0 || errno == EINVAL;  // EINVAL: a file system that does not sync folders
  const int kept = errno;
  close(fd);
  errno = kept;
  return ok;
}

/// Creates or empties the temporary file and locks it against a second run with the same output.
int claim(const std::string& path, const std::string& temporary) {
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) throw Error(ExitCode::CannotCreate, "cannot create " + temporary + ": " + reason());
  bool taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;  // other errors: no locks here
  struct stat held {
  }, named{};  // between open and lock the other run may have renamed the file: it is its product
  taken = taken || fstat(fd, &held) != 0 || lstat(temporary.c_str(), &named) != 0 || held.st_ino != named.st_ino ||
          held.st_dev != named.st_dev;
  if (taken || ftruncate(fd, 0) != 0) {
    const std::string why = taken ? "another run is writing it" : reason();
    close(fd);
    throw Error(ExitCode::CannotCreate, "cannot create " + path + ": " + why);
  }
  return fd;
}

}  // namespace

OutputFile::OutputFile(MPI_Comm comm, const std::filesystem::path& path, bool overwrite)
    : comm_(comm), path_(path.string()), temporary_(path.string() + ".tmp") {
  onRankZero(comm_, [&] {
    struct stat info {};
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    if (stat(folder.c_str(), &info) != 0)
      throw Error(ExitCode::CannotCreate, "cannot create " + path_ + ": folder " + folder + ": " + reason());
    if (!S_ISDIR(info.st_mode))
      throw Error(ExitCode::CannotCreate, "cannot create " + path_ + ": " + folder + " is not a folder");
    if (!path.has_filename()) throw Error(ExitCode::CannotCreate, "cannot create '" + path_ + "': it has no file name");
    if (lstat(path_.c_str(), &info) == 0) {
      if (S_ISDIR(info.st_mode)) throw Error(ExitCode::CannotCreate, "cannot create " + path_ + ": it is a folder");
      if (!overwrite)
        throw Error(ExitCode::CannotCreate, path_ + " exists: give --overwrite to replace it, or another output name");
    }
    lock_ = claim(path_, temporary_);
  });
}

OutputFile::OutputFile(OutputFile&& o) noexcept
    : comm_(o.comm_),
      path_(std::move(o.path_)),
      temporary_(std::move(o.temporary_)),
      committed_(o.committed_),
      lock_(std::exchange(o.lock_, -1)) {}

OutputFile::~OutputFile() {
  if (lock_ < 0) return;
  unlink(temporary_.c_str());
  close(lock_);
}

void OutputFile::requireSpace(std::int64_t bytes) const {
  onRankZero(comm_, [&] {
    struct statvfs disk {};
    if (statvfs(temporary_.c_str(), &disk) != 0) return;  // a file system that does not tell
    const double there = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
    if (there < static_cast<double>(bytes))
      throw Error(ExitCode::IoError,
                  fmt::format("cannot write {}: {:.4g} MB will be written, {:.4g} MB are free on its disk", path_,
                              1e-6 * static_cast<double>(bytes), 1e-6 * there));
  });
}

void OutputFile::commit() {
  onRankZero(comm_, [&] {
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    const auto fail = [&](const std::string& doing) {
      throw Error(ExitCode::IoError, "cannot " + doing + " " + path_ + ": " + reason());
    };
    if (!syncPath(temporary_, O_RDONLY)) fail("write");
    if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("put the finished file in the place of");
    close(std::exchange(lock_, -1));  // from here on the file belongs to its readers
    if (!syncPath(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY)) fail("sync the folder of");
  });
  committed_ = true;
}

void OutputFile::write(const std::string& text) {
  onRankZero(comm_, [&] {
    const int fd = open(temporary_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    bool ok = fd >= 0;
    for (std::string_view rest = text; ok && !rest.empty();) {
      const ssize_t n = ::write(fd, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      ok = n > 0;
      if (ok) rest.remove_prefix(static_cast<std::size_t>(n));
    }
    const std::string why = reason();
    if (fd >= 0 && close(fd) != 0) ok = false;
    if (!ok) throw Error(ExitCode::IoError, "cannot write " + path_ + ": " + why);
  });
}

}  // namespace lacuna
