#pragma once
#include <memory>
#include <string>
#include <vector>

#include "grid/fft.hpp"
#include "massmap/shear_field.hpp"

namespace lacuna {

/// Places where mass is known to be: pixels of the window, not necessarily inside it.
using ClusterList = std::vector<SkyGrid::Point>;

/// One of the four flips, (s1 g1, s2 g2).
struct FlipResult {
  int s1 = 1, s2 = 1;
  double ePower = 0, bPower = 0;  ///< mean square of the smoothed E and B maps inside the mask
  double skewness = 0;            ///< of the E map smoothed by one pixel, inside the mask
  double clusters = 0;            ///< mean S/N of the E map at the clusters; NaN without a list
};

/// What the data say about the signs of the shear components.
struct SignCheck {
  std::vector<FlipResult> flips;  ///< (+,+), (+,-), (-,+), (-,-)
  double parity = 0;              ///< S/N of the difference of E - B power between (+,+) and (+,-); > 0: as given
  double sign = 0;                ///< S/N of the skewness, or of the clusters, of the better parity; > 0: as given
  bool fromClusters = false;
  bool parityDecided = false, signDecided = false;  ///< beyond 3 sd of the realisations
  int best = 0;                                     ///< index into flips; meaningful where both are decided
  std::string text() const;                         ///< the table and the verdict, in words
};

/// E/B power tells (e1, e2) from (e1, -e2), but not from (-e1, -e2): that needs the skewness of the map (mass is
/// clumpy, voids are shallow) or known clusters. The scatter of each figure comes from `realisations` in which every
/// pixel's shear is turned by a random angle, which keeps noise and mask. Kaiser-Squires maps, 1-pixel smoothing.
/// Collective.
SignCheck checkSigns(const ShearField& field, std::shared_ptr<const Fft> fft, const ClusterList& clusters,
                     std::uint64_t seed, int realisations = 40);

}  // namespace lacuna
