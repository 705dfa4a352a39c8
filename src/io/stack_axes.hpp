#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "io/stack_file.hpp"

namespace lacuna {

/// Entries [first, end) of an axis; end < 0: all that follow.
struct AxisRange {
  std::int64_t first = 0, end = -1;
};
/// What is wanted of a stack, by the letter of the axis (t, c, z, y, x); an axis that is not named is taken whole.
using StackRanges = std::map<char, AxisRange>;

/// Gives the axes of a file their letters: one a file axis, ' ' for one of length 1 that has no part in it. `wanted` is
/// what the user says, slowest first ("tyx"): it wins over what the file says; surplus axes of length 1 are passed
/// over. Empty: as the file says; else "x" for one axis, "yx" for two. Throws 78 where letters are wrong or have to be
/// given, 65 where the file has other axes; both tell what it has.
std::string assignAxes(const StackHeader& header, const std::string& wanted);

}  // namespace lacuna
