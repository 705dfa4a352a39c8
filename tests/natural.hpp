#pragma once
/// Distributed vectors as whole arrays in natural order.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/space.hpp"

namespace lacuna {

/// Collective. All entries in natural order, bit by bit, on every rank.
inline std::vector<double> inNaturalOrder(const Space& space, Vec x) {
  std::vector<std::uint64_t> mine(static_cast<std::size_t>(space.global()), 0), all(mine.size());
  {
    const ReadLocal v(x);
    for (const NaturalRun& run : space.naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k)
        mine[static_cast<std::size_t>(run.natural + k * run.stride)] = std::bit_cast<std::uint64_t>(v[run.local + k]);
  }
  checkMpi(MPI_Allreduce(mine.data(), all.data(), static_cast<int>(mine.size()), MPI_UINT64_T, MPI_BOR, space.comm()));
  std::vector<double> out;
  for (std::uint64_t bits : all) out.push_back(std::bit_cast<double>(bits));
  return out;
}

/// x_i <- f(natural index)
template <class F>
void fillNatural(const Space& space, Vec x, F&& f) {
  const WriteLocal v(x);
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) v[run.local + k] = f(run.natural + k * run.stride);
}

/// max |a_i - b_i| / max |b_i|
inline double worstDifference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    worst = std::max(worst, std::abs(a.at(i) - b[i]));
    size = std::max(size, std::abs(b[i]));
  }
  return size > 0 ? worst / size : worst;
}

}  // namespace lacuna
