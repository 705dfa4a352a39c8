#include "model/counts.hpp"

#include <cmath>
#include <optional>

#include "model/bad_entries.hpp"

namespace lacuna {
Counts readCounts(const std::string& name, const Space& space, Vec y, Vec mask, const CountRange& range) {
  if (!space.holds(y) || (mask && !space.holds(mask))) throw Error(name + ": data or mask are not in the space");
  std::optional<ReadLocal> use;  // none: all
  if (mask) use.emplace(mask);
  BadEntries badMask, notFinite, low, high;
  Counts counts;
  counts.values.resize(static_cast<std::size_t>(space.local()));
  long long used = 0, all = 0;
  {
    const ReadLocal data(y);
    for (const NaturalRun& run : space.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) {
        const PetscInt i = run.local + k;
        const auto at = static_cast<std::size_t>(i);
        const std::int64_t natural = run.natural + k * run.stride;
        counts.values[at] = std::numeric_limits<double>::quiet_NaN();
        if (use && std::isnan((*use)[i])) badMask.add(natural);
        if (use && (*use)[i] == 0) continue;
        if (!std::isfinite(data[i])) notFinite.add(natural);
        if (data[i] < range.least) low.add(natural);
        if (data[i] > range.most) high.add(natural);
        counts.values[at] = data[i];
        ++used;
      }
  }
  badMask.throwIfAny(space.comm(), name + ": NaN in the mask");
  notFinite.throwIfAny(space.comm(), name + ": a datum that is not finite");
  low.throwIfAny(space.comm(), name + ": a negative count");
  high.throwIfAny(space.comm(), name + ": a count above the ceiling");
  checkMpi(MPI_Allreduce(&used, &all, 1, MPI_LONG_LONG, MPI_SUM, space.comm()));
  if (all == 0) throw RankError(ExitCode::BadData, 0, name + ": all data are masked");
  counts.used = all;
  return counts;
}

double checkedCeiling(const std::string& name, double ceiling) {
  if (!(ceiling >= 1) || ceiling != std::floor(ceiling) || std::isinf(ceiling))
    throw Error(ExitCode::BadConfig, name + ": the ceiling is not an integer of at least 1");
  return ceiling;
}

}  // namespace lacuna
