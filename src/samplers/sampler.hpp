#pragma once
#include "base/observer.hpp"
#include "base/rng.hpp"

namespace lacuna {

/// A source of draws from a posterior.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// x <- draw number `index`; any draw can be made without its predecessors. `observer` (may be null)
  /// gets a tick at every iteration of its solve. Collective.
  virtual void draw(std::uint32_t index, Vec x, Observer* observer = nullptr) const = 0;
};

}  // namespace lacuna
