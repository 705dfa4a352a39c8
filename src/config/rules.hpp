#pragma once
/// What holds between keys, and inside texts, beyond what the table can say.
#include <string>
#include <vector>

#include "config/inputs.hpp"

namespace lacuna {

/// Throws Error (BadConfig) with the place of the key at fault.
void checkRules(const Inputs& inputs);

/// The rules of lacuna-deconvolve and lacuna-solve.
void checkDeconvolve(const Inputs& inputs);
void checkSolve(const Inputs& inputs);
/// [solver] positivity of lacuna-deconvolve, the default included: "bound", "exp" or "none".
std::string wantedPositivity(const Inputs& inputs);
/// Whether the prior in space is of the logarithm, the default included.
bool spacePriorOnLog(const Inputs& inputs);
/// The positivity that is solved for: "exp" only where a prior is of the logarithm. Where all is said of x, exp(s) >= 0
/// is no more than a bound, and near 0 no derivative in s tells of what is left to gain.
std::string solvedPositivity(const Inputs& inputs);

/// A range on a column of the catalogue, both ends included; an open end is infinite.
struct ColumnRange {
  std::string column;
  double minimum = 0;
  double maximum = 0;
};
/// [data] select.
std::vector<ColumnRange> selectedRanges(const Inputs& inputs);

}  // namespace lacuna
