#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// This rank's data in counts. Masked entries are NaN.
struct Counts {
  std::vector<double> values;
  std::int64_t used = 0;  ///< not masked, over all ranks
};

/// Collective. The entries of `y` where mask != 0 (all of them without a mask). Throws 65, with the first natural index
/// and the number of cases, on NaN in the mask and on data inside it that are not finite or (if `signedData` is false)
/// negative; 65 too where everything is masked. `name` begins the messages.
Counts readCounts(const std::string& name, const Space& space, Vec y, Vec mask, bool signedData = false);

}  // namespace lacuna
