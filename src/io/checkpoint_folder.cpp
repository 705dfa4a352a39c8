#include "io/checkpoint_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace lacuna {
namespace {

/// The number in PREFIXnnnSUFFIX, or -1.
int numberIn(const std::string& file, const std::string& prefix, const std::string& suffix) {
  if (file.size() <= prefix.size() + suffix.size() || !file.starts_with(prefix) || !file.ends_with(suffix)) return -1;
  const char *begin = file.data() + prefix.size(), *end = file.data() + file.size() - suffix.size();
  int number = -1;
  const auto [stop, status] = std::from_chars(begin, end, number);
  return status == std::errc() && stop == end && number >= 0 ? number : -1;
}

}  // namespace

CheckpointFolder::CheckpointFolder(MPI_Comm comm, std::filesystem::path folder, std::string name)
    : comm_(comm), folder_(folder.empty() ? "." : std::move(folder)), name_(std::move(name)) {}

std::filesystem::path CheckpointFolder::path(int number) const {
  return folder_ / fmt::format("{}.ckpt.{:03}.h5", name_, number);
}

std::vector<int> CheckpointFolder::numbers() const {
  std::vector<int> found;
  onRankZero(comm_, [&] {
    std::error_code why;
    for (std::filesystem::directory_iterator it(folder_, why), end; !why && it != end; it.increment(why))
      if (const int number = numberIn(it->path().filename().string(), name_ + ".ckpt.", ".h5"); number >= 0)
        found.push_back(number);
    if (why)
      throw Error(ExitCode::CannotCreate,
                  "cannot create " + path(1).string() + ": " + folder_.string() +
                      (why == std::errc::not_a_directory ? " is not a folder" : ": " + why.message()));
    std::sort(found.begin(), found.end());
  });
  int n = static_cast<int>(found.size());
  checkMpi(MPI_Bcast(&n, 1, MPI_INT, 0, comm_));
  found.resize(static_cast<std::size_t>(n));
  checkMpi(MPI_Bcast(found.data(), n, MPI_INT, 0, comm_));
  return found;
}

std::filesystem::path CheckpointFolder::limitPath() const { return folder_ / (name_ + ".ckpt.limit.h5"); }

bool CheckpointFolder::hasLimit() const {
  std::error_code none;
  int there = rankOf(comm_) == 0 && std::filesystem::exists(limitPath(), none);
  checkMpi(MPI_Bcast(&there, 1, MPI_INT, 0, comm_));
  return there != 0;
}

void CheckpointFolder::removeLimit() const {
  std::error_code ignored;
  if (rankOf(comm_) == 0) std::filesystem::remove(limitPath(), ignored);
}

void CheckpointFolder::prune(int keep) const {
  std::vector<int> there = numbers();
  if (rankOf(comm_) != 0) return;
  std::error_code ignored;
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < there.size(); ++i)
    std::filesystem::remove(path(there[i]), ignored);
}

std::filesystem::path CheckpointFolder::partPath(int number) const {
  return folder_ / fmt::format("{}.ckpt.part.{:04}.h5", name_, number);
}

void CheckpointFolder::removeParts() const {
  if (rankOf(comm_) != 0) return;
  std::error_code ignored;
  for (const char* suffix : {".h5", ".h5.tmp"})
    for (const auto& file : files(name_ + ".ckpt.part.", suffix)) std::filesystem::remove(file, ignored);
}

void CheckpointFolder::removeTemporary() const {
  if (rankOf(comm_) != 0) return;
  std::error_code ignored;
  for (const auto& file : files(name_ + ".ckpt.", ".h5.tmp")) std::filesystem::remove(file, ignored);
  std::filesystem::remove(limitPath() += ".tmp", ignored);
}

std::vector<std::filesystem::path> CheckpointFolder::files(const std::string& prefix, const std::string& suffix) const {
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator it(folder_, ignored), end; !ignored && it != end; it.increment(ignored))
    if (numberIn(it->path().filename().string(), prefix, suffix) >= 0) found.push_back(it->path());
  return found;
}

}  // namespace lacuna
