#include "model/bad_entries.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace lacuna {

void BadEntries::add(std::int64_t natural) {
  first_ = std::min(first_, static_cast<long long>(natural));
  ++count_;
}

void BadEntries::throwIfAny(MPI_Comm comm, const std::string& what) const {
  long long smallest = first_, total = count_;
  checkMpi(MPI_Allreduce(&first_, &smallest, 1, MPI_LONG_LONG, MPI_MIN, comm));
  checkMpi(MPI_Allreduce(&count_, &total, 1, MPI_LONG_LONG, MPI_SUM, comm));
  if (total > 0)
    throw RankError(ExitCode::BadData, 0,
                    what + " at natural index " + std::to_string(smallest) + " (" + std::to_string(total) + " in all)");
}

}  // namespace lacuna
