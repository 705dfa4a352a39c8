#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace lacuna {

inline constexpr std::int64_t cacheLine = 64;  ///< bytes

/// How many bytes the cache lines of `bytes` have.
constexpr std::int64_t wholeCacheLines(std::int64_t bytes) { return (bytes + cacheLine - 1) / cacheLine * cacheLine; }

struct FreeAligned {
  void operator()(void* p) const { std::free(p); }
};
/// Plain numbers, the first of which begins a cache line.
template <class T>
using AlignedBuffer = std::unique_ptr<T[], FreeAligned>;
/// Room for n numbers, of no value yet. Throws std::bad_alloc.
template <class T>
AlignedBuffer<T> alignedBuffer(std::int64_t n) {
  const std::int64_t bytes = wholeCacheLines(static_cast<std::int64_t>(sizeof(T)) * std::max<std::int64_t>(n, 1));
  auto* p = static_cast<T*>(std::aligned_alloc(cacheLine, static_cast<std::size_t>(bytes)));
  if (!p) throw std::bad_alloc();
  return AlignedBuffer<T>(p);
}

}  // namespace lacuna
