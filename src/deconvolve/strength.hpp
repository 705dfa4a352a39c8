#pragma once
#include <functional>

namespace lacuna {

/// A search for the strength of a prior at which the data are fitted as well as their noise lets one expect.
struct StrengthSearch {
  double typical = 1;    ///< where to begin, in the unit of the strength
  double tolerance = 0;  ///< of ratio - 1
  double decades = 6;    ///< how far from `typical` to look, either way
  int solves = 25;       ///< limit
};

struct FoundStrength {
  double strength = 0, ratio = 0;  ///< ratio = deviance / expected deviance there
  int solves = 0;
  bool bracketed = true;  ///< false: no strength within the decades gives ratio 1; the nearest one is taken
  bool met = true;        ///< false: bracketed, but no ratio came within the tolerance: solves are not tight enough
};

/// The strength where ratio(strength) = 1 (discrepancy principle, Morozov 1966; with the deviance: Bertero et al. 2010,
/// doi:10.1088/0266-5611/26/10/105004). `ratio` must grow with the strength: it solves for the image, from where the
/// last call left it. Decades first, then regula falsi in the logarithms, kept inside the bracket.
FoundStrength findStrength(const StrengthSearch& search, const std::function<double(double strength)>& ratio);

}  // namespace lacuna
