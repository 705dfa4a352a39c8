#include "base/node_memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "base/error.hpp"

namespace lacuna {
namespace {

/// The number in a file of one line; the largest there is if it holds none ("max") or is not there.
std::int64_t numberIn(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  return in >> value && value > 0 ? value : std::numeric_limits<std::int64_t>::max();
}

/// The least limit of a group and of all those above it. A container sees its own group as the root.
std::int64_t groupLimit(const std::filesystem::path& root, std::string group, const char* file) {
  std::int64_t least = numberIn(root / file);
  while (group.size() > 1) {
    least = std::min(least, numberIn(root / group.substr(1) / file));
    group.erase(std::min(group.rfind('/'), group.size() - 1));
  }
  return least;
}

}  // namespace

std::int64_t nodeMemory() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page <= 0) return 0;
  std::int64_t bytes = static_cast<std::int64_t>(pages) * page;
  std::ifstream groups("/proc/self/cgroup");  // lines "hierarchy:controllers:/group"
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) bytes = std::min(bytes, groupLimit("/sys/fs/cgroup", group, "memory.max"));
    if (controllers == "memory")
      bytes = std::min(bytes, groupLimit("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
  }
  return bytes;
}

PeakMemory peakMemory(MPI_Comm comm) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const std::int64_t mine = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;  // Linux: in kilobytes
  PeakMemory peak;
  checkMpi(MPI_Allreduce(&mine, &peak.most, 1, MPI_INT64_T, MPI_MAX, comm));
  checkMpi(MPI_Allreduce(&mine, &peak.all, 1, MPI_INT64_T, MPI_SUM, comm));
  return peak;
}

std::int64_t sumOverNode(MPI_Comm comm, std::int64_t bytes) {
  MPI_Comm node = MPI_COMM_NULL;
  checkMpi(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  long long mine = bytes, all = 0;
  checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_LONG_LONG, MPI_SUM, node));
  checkMpi(MPI_Comm_free(&node));
  return all;
}

}  // namespace lacuna
