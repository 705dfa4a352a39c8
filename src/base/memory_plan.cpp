#include "base/memory_plan.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/node_memory.hpp"

namespace lacuna {

std::int64_t MemoryPlan::total() const {
  std::int64_t sum = 0;
  for (const Item& item : items) sum += item.bytes;
  return sum;
}

std::string MemoryPlan::text(MPI_Comm comm) const {
  std::string out = fmt::format("{:<52}{:>14}{:>14}\n", "memory plan", "largest rank", "all ranks");
  auto line = [&](const std::string& what, std::int64_t bytes) {
    long long mine = bytes, most = 0, all = 0;
    checkMpi(MPI_Allreduce(&mine, &most, 1, MPI_LONG_LONG, MPI_MAX, comm));
    checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_LONG_LONG, MPI_SUM, comm));
    out += fmt::format("{:<52}{:>11.1f} MB{:>11.1f} MB\n", what, 1e-6 * static_cast<double>(most),
                       1e-6 * static_cast<double>(all));
  };
  for (const Item& item : items) line(item.what, item.bytes);
  line("total", total());
  return out;
}

void MemoryPlan::requireRoom(MPI_Comm comm, const std::string& what) const {
  const std::int64_t needed = sumOverNode(comm, total()), there = nodeMemory();
  together(comm, [&] {
    if (there > 0 && needed > there)
      throw Error(
          ExitCode::BadConfig,
          fmt::format(
              "{}: {:.4g} GB of memory are needed on a node that has {:.4g} GB for them: take more nodes, larger or "
              "fewer pixels, or less padding (--plan shows what needs how much)",
              what, 1e-9 * static_cast<double>(needed), 1e-9 * static_cast<double>(there)));
  });
}

}  // namespace lacuna
