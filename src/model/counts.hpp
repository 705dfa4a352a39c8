#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// This rank's data in counts. Masked entries are NaN.
struct Counts {
  std::vector<double> values;
  std::int64_t used = 0;  ///< not masked, over all ranks
};

/// What data may be.
struct CountRange {
  double least = 0;
  double most = std::numeric_limits<double>::infinity();
};

/// Collective. The entries of `y` where mask != 0 (all of them without a mask). Throws 65, with the first natural index
/// and the number of cases, on NaN in the mask and on data inside it that are not finite or not in the range; 65 too
/// where everything is masked. `name` begins the messages.
Counts readCounts(const std::string& name, const Space& space, Vec y, Vec mask, const CountRange& range = {});

/// The ceiling of a detector. Throws 78 if it is not an integer >= 1.
double checkedCeiling(const std::string& name, double ceiling);

}  // namespace lacuna
