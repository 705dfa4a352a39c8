#pragma once
#include <span>

#include "grid/cube.hpp"

namespace lacuna {

/// Rank-local. Calls f(frame, its entries) for the local frames of a vector in the space of the cube; `local` is a
/// ReadLocal or WriteLocal of it.
template <class Local, class F>
void forFrames(const Cube& cube, const Local& local, F&& f) {
  const std::span entries(local.data(), static_cast<std::size_t>(local.size()));
  const auto count = static_cast<std::size_t>(cube.box().count[0]),
             first = static_cast<std::size_t>(cube.box().start[0]);
  for (std::size_t t = 0; t < count; ++t)
    f(first + t, entries.subspan(t * (entries.size() / count), entries.size() / count));
}

}  // namespace lacuna
