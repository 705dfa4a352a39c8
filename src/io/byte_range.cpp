#include "io/byte_range.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lacuna {
namespace {

constexpr std::size_t mostAtOnce = 1 << 30;  // Linux takes a little less than 2 GiB in one call

}  // namespace

ssize_t readBytes(int descriptor, void* data, std::size_t bytes, std::int64_t at) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = pread(descriptor, static_cast<char*>(data) + done, std::min(bytes - done, mostAtOnce),
                            at + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

bool writeBytes(int descriptor, const void* data, std::size_t bytes, std::int64_t at) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t n = pwrite(descriptor, static_cast<const char*>(data) + done, std::min(bytes - done, mostAtOnce),
                             at + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace lacuna
