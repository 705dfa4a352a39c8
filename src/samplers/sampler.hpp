#pragma once
#include "base/rng.hpp"

namespace lacuna {

/// A source of draws from a posterior.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// x <- draw number `index`; any draw can be made without its predecessors. Collective.
  virtual void draw(std::uint32_t index, Vec x) const = 0;
};

}  // namespace lacuna
