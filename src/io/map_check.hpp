#pragma once
#include <functional>
#include <string>

#include "grid/cube.hpp"

namespace lacuna {

/// Collective. Every value of one channel of `values` inside the window, where the mask (one channel, the same frames
/// and pixels; null: everywhere) is not zero, must satisfy `good`. Throws 65 with `what` ("gamma1 in shear.h5"),
/// `fault`
/// ("not finite"), the value, row and column (and frame, z) within the window of the first one in natural order, and
/// how many there are. Values outside the mask may be anything.
void requireValues(const Cube& cube, const Window& window, PetscInt channel, Vec mask, Vec values,
                   const std::string& what, const std::string& fault, const std::function<bool(double)>& good);

/// Collective. NaN and infinity inside the mask are an error.
void requireFinite(const Cube& cube, const Window& window, PetscInt channel, Vec mask, Vec values,
                   const std::string& what);

}  // namespace lacuna
