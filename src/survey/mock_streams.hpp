#pragma once
#include <cstdint>

namespace lacuna {

/// Streams of random numbers of a simulated survey: independent of one another for the same seed, so that more holes do
/// not change the sky, nor other shape noise the positions.
struct MockStream {
  static constexpr std::uint32_t sky = 101;
  static constexpr std::uint32_t hole = 102;
  static constexpr std::uint32_t number = 103;
  static constexpr std::uint32_t position = 104;
  static constexpr std::uint32_t noise = 105;
  static constexpr std::uint32_t weight = 106;
};

}  // namespace lacuna
