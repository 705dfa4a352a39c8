#include "base/rng.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace lacuna {
namespace {

template <class F>
void fill(const Space& space, Vec x, F&& f) {
  if (!space.holds(x)) throw Error("Rng: the vector is not in the space");
  WriteLocal out(x);
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) out[run.local + i] = f(run.natural + i * run.stride);
}

}  // namespace

double openUnit(std::uint32_t hi, std::uint32_t lo) {
  // 52 bits and a half: with 53 the largest value would round to 1.
  return (static_cast<double>(static_cast<std::uint64_t>(hi) << 20 | lo >> 12) + 0.5) * 0x1p-52;
}

std::pair<double, double> Rng::uniformPair(std::int64_t natural, std::uint32_t trial) const {
  const std::uint64_t n = static_cast<std::uint64_t>(natural) + (static_cast<std::uint64_t>(trial) << 48);
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), draw_, stream_}};
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}};
  const auto b = r123::Philox4x32()(counter, key);
  return {openUnit(b[0], b[1]), openUnit(b[2], b[3])};
}

std::pair<double, double> Rng::normalPair(std::int64_t natural) const {  // Box & Muller 1958
  const auto [u, v] = uniformPair(natural);
  const double r = std::sqrt(-2 * std::log(u)), angle = 2 * std::numbers::pi * v;
  return {r * std::cos(angle), r * std::sin(angle)};
}

void Rng::normal(const Space& space, Vec x) {
  fill(space, x, [this](std::int64_t i) { return normalPair(i).first; });
  ++draw_;
}
void Rng::uniform(const Space& space, Vec x) {
  fill(space, x, [this](std::int64_t i) { return uniformPair(i).first; });
  ++draw_;
}

}  // namespace lacuna
