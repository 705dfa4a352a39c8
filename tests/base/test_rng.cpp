/// Random numbers: published test vectors, the same on any number of ranks, distributions, independence.
#include <algorithm>
#include <cmath>

#include "base/rng.hpp"
#include "natural.hpp"
#include "testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(the_generator_is_philox4x32_10) {
  // kat_vectors of Random123: counter, key -> result. The counter is (natural index, draw, stream), the key the seed.
  auto requireBits = [](const Rng& rng, std::uint64_t natural, std::array<std::uint32_t, 4> b) {
    const auto [u, v] = rng.uniformPair(static_cast<std::int64_t>(natural));
    BOOST_TEST(u == openUnit(b[0], b[1]));
    BOOST_TEST(v == openUnit(b[2], b[3]));
  };
  requireBits(Rng(0, 0), 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  requireBits(Rng(~0ULL, ~0U).at(~0U), ~0ULL, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  requireBits(Rng(0x299f31d0a4093822, 0x03707344).at(0x13198a2e), 0x85a308d3243f6a88,
              {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

BOOST_AUTO_TEST_CASE(uniforms_are_never_0_or_1) {
  BOOST_TEST(openUnit(0, 0) == 0x1p-53);
  BOOST_TEST(openUnit(~0U, ~0U) == 1 - 0x1p-53);
  BOOST_TEST(openUnit(~0U, ~0U) < 1);
  BOOST_TEST(openUnit(0x80000000, 0) == 0.5 + 0x1p-53);
  BOOST_TEST(openUnit(0, 0x1000) == 3 * 0x1p-53);
}

BOOST_AUTO_TEST_CASE(an_entry_depends_on_its_natural_index_alone) {
  const std::uint64_t seed = 123456789012345;
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  std::vector<Space> spaces = {Space::line(PETSC_COMM_WORLD, 101), Space::line(PETSC_COMM_WORLD, 2)};
  for (int time : {1, ranks})
    spaces.push_back(cubeOf({3, 2, 1, 5, 7}, time).space()), spaces.push_back(cubeOf({2, 2, 4, 3, 5}, time).space());
  for (const Space& s : spaces) {
    VecHandle x = s.vec(), y = s.vec();
    Rng rng(seed, 9);
    rng.uniform(s, y);
    rng.normal(s, x);
    const std::vector<double> normals = inNaturalOrder(s, x), uniforms = inNaturalOrder(s, y);
    for (std::size_t i = 0; i < normals.size(); ++i) {
      BOOST_TEST(uniforms[i] == Rng(seed, 9).uniformPair(static_cast<std::int64_t>(i)).first);
      BOOST_TEST(normals[i] == Rng(seed, 9).at(1).normalPair(static_cast<std::int64_t>(i)).first);
    }
  }
}

namespace {

/// sqrt(n) times the largest distance between the empirical distribution and the true one.
double kolmogorovSmirnov(std::vector<double> x, double (*cdf)(double)) {
  std::sort(x.begin(), x.end());
  const double n = static_cast<double>(x.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double F = cdf(x[i]), below = static_cast<double>(i) / n;
    worst = std::max({worst, F - below, below + 1 / n - F});
  }
  return worst * std::sqrt(n);
}
double correlation(const std::vector<double>& a, const std::vector<double>& b) {  // of standard normals
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum / std::sqrt(static_cast<double>(a.size()));  // ~ N(0, 1)
}
std::vector<double> normals(const Rng& rng, std::int64_t n, bool second = false, std::int64_t shift = 0) {
  std::vector<double> x;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto [a, b] = rng.normalPair(i + shift);
    x.push_back(second ? b : a);
  }
  return x;
}

}  // namespace

BOOST_AUTO_TEST_CASE(distributions_are_what_they_are_called) {
  if (rankOf(PETSC_COMM_WORLD) > 0) return;  // the same everywhere
  const std::int64_t n = 100000;
  for (bool second : {false, true}) {
    const std::vector<double> x = normals(Rng(4), n, second);
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    for (double v : x) m1 += v, m2 += v * v, m3 += v * v * v, m4 += v * v * v * v;
    const double root = std::sqrt(static_cast<double>(n));
    BOOST_TEST(std::abs(m1 / root) < 4);
    BOOST_TEST(std::abs((m2 - n) / root) < 4 * std::sqrt(2.0));
    BOOST_TEST(std::abs(m3 / root) < 4 * std::sqrt(15.0));
    BOOST_TEST(std::abs((m4 - 3 * n) / root) < 4 * std::sqrt(96.0));
    BOOST_TEST(kolmogorovSmirnov(x, [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); }) <
               1.95);  // 0.1 % level
    std::vector<double> u;
    for (std::int64_t i = 0; i < n; ++i)
      u.push_back(second ? Rng(5).uniformPair(i).second : Rng(5).uniformPair(i).first);
    BOOST_TEST(kolmogorovSmirnov(u, [](double v) { return v; }) < 1.95);
  }
}

BOOST_AUTO_TEST_CASE(indices_draws_streams_and_seeds_are_independent) {
  if (rankOf(PETSC_COMM_WORLD) > 0) return;  // the same everywhere
  const std::int64_t n = 50000;
  const std::vector<double> x = normals(Rng(6), n);
  const std::pair<const char*, std::vector<double>> others[] = {
      {"the second of the pair", normals(Rng(6), n, true)},
      {"the next index", normals(Rng(6), n, false, 1)},
      {"an index beyond 32 bits", normals(Rng(6), n, false, 1LL << 32)},
      {"the next draw", normals(Rng(6).at(1), n)},
      {"another stream", normals(Rng(6).split(1), n)},
      {"another seed", normals(Rng(7), n)},
      {"a seed beyond 32 bits", normals(Rng(6 + (1ULL << 32)), n)}};
  for (const auto& [what, y] : others) {
    BOOST_TEST(std::abs(correlation(x, y)) < 4, what);
    BOOST_TEST((x != y), what);
  }
}

BOOST_AUTO_TEST_CASE(draws_advance_and_can_be_reached_directly) {
  const Space s = Space::line(PETSC_COMM_WORLD, 30);
  VecHandle x = s.vec(), y = s.vec();
  Rng rng(8, 3);
  for (std::uint32_t i = 0; i < 5; ++i) {
    BOOST_TEST(rng.draw() == i);
    rng.normal(s, x);
  }
  Rng direct = Rng(8, 3).at(4);
  direct.normal(s, y);
  BOOST_TEST((inNaturalOrder(s, x) == inNaturalOrder(s, y)));
  BOOST_TEST(direct.draw() == 5u);
  BOOST_TEST(rng.split(4).draw() == 0u);
  Rng split = rng.split(3);  // the same stream from its start
  split.normal(s, y);
  BOOST_TEST((inNaturalOrder(s, x) != inNaturalOrder(s, y)));
  VecHandle wrong = Space::line(PETSC_COMM_WORLD, 31).vec();
  BOOST_CHECK_THROW(rng.normal(s, wrong), Error);
}
