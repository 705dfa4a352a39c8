#pragma once
#include <cstdint>
#include <utility>

#include "base/space.hpp"

namespace lacuna {

/// A number in (0, 1), 0 and 1 excluded, from 52 of 64 random bits: (k + 1/2) / 2^52.
double openUnit(std::uint32_t hi, std::uint32_t lo);

/// Counter-based generator: Philox4x32-10 of Random123 (Salmon et al. 2011, doi:10.1145/2063384.2063405).
/// What is drawn for an entry depends on (seed, stream, draw, natural index) alone, never on the number
/// of ranks: bitwise the same everywhere.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint32_t stream = 0) : seed_(seed), stream_(stream) {}

  void normal(const Space& space, Vec x);   ///< x_i ~ N(0, 1), independent. Advances the draw counter.
  void uniform(const Space& space, Vec x);  ///< x_i ~ U(0, 1), never 0 or 1. Advances the draw counter.

  /// Two independent uniforms, or normals, for one natural index (below 2^48); the draw counter stays. A draw has as
  /// many pairs as there are trials (65536): what rejection needs.
  std::pair<double, double> uniformPair(std::int64_t natural, std::uint32_t trial = 0) const;
  std::pair<double, double> normalPair(std::int64_t natural) const;

  Rng split(std::uint32_t stream) const { return Rng(seed_, stream); }
  /// The same stream at a draw of its own: sample number n can be drawn without its predecessors.
  Rng at(std::uint32_t draw) const {
    Rng r = *this;
    r.draw_ = draw;
    return r;
  }
  std::uint32_t draw() const { return draw_; }

 private:
  std::uint64_t seed_;
  std::uint32_t stream_, draw_ = 0;
};

}  // namespace lacuna
