#include "deconvolve/strength.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {

FoundStrength findStrength(const StrengthSearch& search, const std::function<double(double)>& ratio) {
  FoundStrength found;
  struct Point {
    double log = 0, value = 0;  ///< ln strength, ln ratio
  };
  const auto at = [&](double log) {
    const double r = std::max(ratio(std::exp(log)), 1e-300);
    ++found.solves;
    found.strength = std::exp(log);
    found.ratio = r;
    return Point{log, std::log(r)};
  };
  const auto good = [&](const Point& p) { return std::abs(std::expm1(p.value)) <= search.tolerance; };
  const double decade = std::log(10.0), begin = std::log(search.typical);

  Point low = at(begin), high = low;  // of ratio below and above 1
  if (good(low)) return found;
  const double direction = low.value > 0 ? -1 : 1;
  for (int k = 1;; ++k) {
    if (k > search.decades || found.solves >= search.solves) {
      found.bracketed = false;
      return found;
    }
    const Point next = at(begin + direction * k * decade);
    if (good(next)) return found;
    (direction > 0 ? high : low) = next;
    if ((next.value > 0) == (direction > 0)) break;
    (direction > 0 ? low : high) = next;
  }
  while (found.solves < search.solves && high.log - low.log > 1e-3) {
    const double share = std::clamp(-low.value / (high.value - low.value), 0.1, 0.9);
    const Point next = at(low.log + share * (high.log - low.log));
    if (good(next)) return found;
    (next.value > 0 ? high : low) = next;
  }
  found.met = false;
  return found;
}

}  // namespace lacuna
