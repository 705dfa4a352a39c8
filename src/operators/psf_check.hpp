#pragma once
#include "grid/cube.hpp"
#include "operators/psf.hpp"

namespace lacuna {

/// Throws (exit 65) with the reason where a PSF cannot blur an image of this shape: no values or a wrong number of
/// them, NaN or infinite values, a sum of zero, larger than the image, a center outside. `index` of `count` PSFs names
/// it.
void checkPsf(const Psf& psf, const Shape& image, std::size_t index = 0, std::size_t count = 1);
/// The same without an image to fit.
void checkPsf(const Psf& psf, std::size_t index = 0, std::size_t count = 1);

}  // namespace lacuna
