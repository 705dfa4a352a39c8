#pragma once
#include <vector>

#include "io/product.hpp"
#include "massmap/shear_field.hpp"

namespace lacuna {

/// Peaks of the S/N map: pixels inside the mask with S/N >= threshold, above all their (up to 8) neighbours of the
/// window; of equal neighbours the first in natural order. Highest first. RA and Dec are those of the pixel centre
/// (NaN for maps without coordinates). Collective; the same list on all ranks.
std::vector<Peak> findPeaks(const ShearField& field, Vec snr, Vec kappa, double threshold);

}  // namespace lacuna
