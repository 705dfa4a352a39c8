#pragma once
#include <cstdint>

#include "base/rng.hpp"

namespace lacuna {

/// The uniform numbers of one entry and one draw, as many as are asked for: what a rejection sampler needs.
class Uniforms {
 public:
  Uniforms(const Rng& rng, std::int64_t natural) : rng_(rng), natural_(natural) {}
  double next();  ///< in (0, 1)

 private:
  const Rng& rng_;
  std::int64_t natural_;
  std::uint32_t trial_ = 0;
  bool haveSecond_ = false;
  double second_ = 0;
};

/// A Poisson number of any mean, exact to rounding: inversion of one uniform below a mean of 10, transformed rejection
/// (PTRS of Hoermann 1993, doi:10.1016/0167-6687(93)90997-4) above. A double, for means beyond the integers.
double drawPoisson(double mean, Uniforms& uniforms);

/// The same given that it is not above `ceiling`.
double drawPoissonBelow(double mean, double ceiling, Uniforms& uniforms);

}  // namespace lacuna
