#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "massmap/mass_mapper.hpp"

namespace lacuna {

/// What a run keeps in memory on this rank, before anything is allocated.
struct MemoryPlan {
  struct Item {
    std::string what;
    std::int64_t bytes = 0;
  };
  std::vector<Item> items;
  std::int64_t total() const;
  /// Collective. The table: bytes of the largest rank and of all ranks together.
  std::string text(MPI_Comm comm) const;
};

/// Collective. The plan of a mass map on this padded image.
MemoryPlan planMassmap(const Cube& image, MassMethod method, bool samples);

}  // namespace lacuna
