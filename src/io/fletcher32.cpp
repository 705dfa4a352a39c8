#include "io/fletcher32.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

constexpr std::size_t lanes = 16;      ///< words of a row
constexpr std::size_t mostRows = 360;  ///< the largest number for which the sums of a lane fit 32 bits

using Words [[gnu::vector_size(2 * lanes)]] = std::uint16_t;
using Lanes [[gnu::vector_size(4 * lanes)]] = std::uint32_t;

struct Sums {
  std::uint64_t plain = 0, weighted = 0;
};

/// Sums of `rows` rows of words, in the byte order of this machine: a lane sums its words, and these sums (so that word
/// r counts rows - r times); the lanes are put together at the end.
LACUNA_VECTOR_CLONES Sums sumsOf(const unsigned char* at, std::size_t rows) {
  Lanes plain{}, weighted{};
  for (std::size_t r = 0; r < rows; ++r) {
    Words words;
    std::memcpy(&words, at + sizeof words * r, sizeof words);
    plain += __builtin_convertvector(words, Lanes);
    weighted += plain;
  }
  Sums out;
  for (std::size_t l = 0; l < lanes; ++l) {
    out.plain += plain[l];
    out.weighted += lanes * std::uint64_t{weighted[l]} - l * std::uint64_t{plain[l]};
  }
  return out;
}

/// The same of single words.
Sums sumsOfFew(const unsigned char* at, std::size_t words) {
  Sums out;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint16_t word = 0;
    std::memcpy(&word, at + 2 * i, 2);
    out.plain += word;
    out.weighted += out.plain;
  }
  return out;
}

std::uint32_t folded(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint32_t>(sum);
}

}  // namespace

std::uint32_t fletcher32(const void* data, std::size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  Sums all;
  for (std::size_t left = bytes / 2; left > 0;) {
    const std::size_t rows = std::min(left / lanes, mostRows), count = rows > 0 ? rows * lanes : left;
    const Sums part = rows > 0 ? sumsOf(at, rows) : sumsOfFew(at, count);
    all.weighted = folded(all.weighted + count * all.plain + part.weighted);
    all.plain = folded(all.plain + part.plain);
    at += 2 * count;
    left -= count;
  }
  // 2^16 = 1 mod 65535, so that a word with its bytes exchanged is 256 times the word, and sums are so too.
  constexpr std::uint64_t swap = std::endian::native == std::endian::little ? 256 : 1;
  return folded(swap * all.weighted) << 16 | folded(swap * all.plain);
}

}  // namespace lacuna
