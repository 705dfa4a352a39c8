#include "io/stop_files.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cmath>
#include <tuple>

#include "base/stop.hpp"

namespace lacuna {

StopFiles::StopFiles(const std::filesystem::path& folder, const std::filesystem::path& reference)
    : folder_(folder.empty() ? "." : folder), stop_(folder / "STOP"), checkpoint_(folder / "CHECKPOINT") {
  struct stat info {};
  if (stat(reference.c_str(), &info) != 0) clock_gettime(CLOCK_REALTIME, &info.st_mtim);
  // When the run began, by the clock of the file system: what was touched since then counts.
  const double elapsed = secondsSinceStart(), whole = std::ceil(elapsed);
  const auto back = std::lround(1e9 * (whole - elapsed)) + info.st_mtim.tv_nsec;
  stopSince_ = {info.st_mtim.tv_sec - static_cast<std::time_t>(whole) + back / 1000000000, back % 1000000000};
  checkpointSince_ = stopSince_;
}

StopFiles::Seen StopFiles::look() {
  const double now = secondsSinceStart();
  if (now - last_ < 1) return {};
  last_ = now;
  constexpr int enough = 3;
  struct stat info {};
  missed_ = stat(folder_.c_str(), &info) != 0 && errno == ENOENT ? missed_ + 1 : 0;
  return {touched(stop_, stopSince_), touched(checkpoint_, checkpointSince_), missed_ >= enough};
}

bool StopFiles::touched(const std::filesystem::path& file, timespec& since) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return false;
  const timespec& at = info.st_mtim;
  if (std::tie(at.tv_sec, at.tv_nsec) <= std::tie(since.tv_sec, since.tv_nsec)) return false;
  since = at;
  return true;
}

}  // namespace lacuna
