#pragma once
#include "base/memory_plan.hpp"
#include "massmap/mass_mapper.hpp"

namespace lacuna {

/// Collective. The plan of a mass map on this padded image.
MemoryPlan planMassmap(const Cube& image, MassMethod method, bool samples);

}  // namespace lacuna
