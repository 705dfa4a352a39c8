#include "io/byte_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/failure.hpp"

namespace lacuna {

ByteFile::ByteFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw Error(ExitCode::NoInput, path + ": cannot be opened: " + std::strerror(errno));
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(std::exchange(descriptor_, -1));
    throw Error(ExitCode::NoInput,
                path + (known && S_ISDIR(status.st_mode) ? ": is a directory, not a file" : ": is not a regular file"));
  }
  size_ = status.st_size;
}

ByteFile::~ByteFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ByteFile::ByteFile(ByteFile&& other) noexcept
    : path_(std::move(other.path_)), size_(other.size_), descriptor_(std::exchange(other.descriptor_, -1)) {}

ByteFile& ByteFile::operator=(ByteFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void ByteFile::read(std::int64_t offset, std::int64_t bytes, void* out) const {
  auto* place = static_cast<char*>(out);
  while (bytes > 0) {
    const auto wish = static_cast<std::size_t>(std::min<std::int64_t>(bytes, 1 << 30));
    const ssize_t got = ::pread(descriptor_, place, wish, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw Error(ExitCode::IoError,
                  path_ + ": reading at byte " + std::to_string(offset) + ": " + std::strerror(errno));
    if (got == 0)
      throw Error(ExitCode::IoError, path_ + ": ends at byte " + std::to_string(offset) + ", " + std::to_string(bytes) +
                                         " bytes too early; was it shortened while being read?");
    place += got;
    offset += got;
    bytes -= got;
  }
}

}  // namespace lacuna
