/// Streaming moments against two passes over all draws.
#include <cmath>

#include "base/rng.hpp"
#include "expect_error.hpp"
#include "natural.hpp"
#include "samplers/moments.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(they_equal_two_passes_also_far_from_zero) {
  for (const Space& s :
       {Space::line(PETSC_COMM_WORLD, 13), Space::line(PETSC_COMM_WORLD, 2), cubeOf({1, 2, 1, 3, 5}, 1).space()})
    for (double offset : {0.0, 1e8}) {
      Moments moments(s);
      std::vector<std::vector<double>> draws;
      VecHandle x = s.vec();
      for (std::uint32_t k = 0; k < 37; ++k) {
        Rng(1).at(k).normal(s, x);
        check(VecShift(x, offset));
        moments.add(x);
        draws.push_back(inNaturalOrder(s, x));
      }
      BOOST_TEST(moments.count() == 37);
      std::vector<double> mean(draws[0].size()), sd(mean.size()), rms(mean.size());
      for (std::size_t i = 0; i < mean.size(); ++i) {
        long double sum = 0, squares = 0, raw = 0;
        for (const auto& d : draws) sum += d[i], raw += static_cast<long double>(d[i]) * d[i];
        for (const auto& d : draws) squares += (d[i] - sum / 37) * (d[i] - sum / 37);
        mean[i] = static_cast<double>(sum / 37);
        sd[i] = static_cast<double>(std::sqrt(squares / 36));
        rms[i] = static_cast<double>(std::sqrt(raw / 37));
      }
      auto against = [&](const std::vector<double>& expected, double rtol) {
        BOOST_TEST(worstDifference(inNaturalOrder(s, x), expected) < rtol);
      };
      moments.mean(x);
      against(mean, 1e-14);
      moments.standardDeviation(x);
      against(sd, offset > 0 ? 1e-7 : 1e-14);  // 1e8 has steps of 1.5e-8
      moments.rootMeanSquare(x);
      against(rms, 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(constants_have_no_deviation) {
  const Space s = Space::line(PETSC_COMM_WORLD, 7);
  Moments moments(s);
  VecHandle x = s.vec(), out = s.vec();
  check(VecSet(x, 0.1));
  for (int i = 0; i < 10; ++i) moments.add(x);
  moments.mean(out);
  for (double v : inNaturalOrder(s, out)) BOOST_TEST(v == 0.1);
  moments.standardDeviation(out);
  for (double v : inNaturalOrder(s, out)) BOOST_TEST(v == 0);
  moments.rootMeanSquare(out);
  for (double v : inNaturalOrder(s, out)) BOOST_TEST(v == 0.1, boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(too_few_draws_and_wrong_spaces_are_refused) {
  const Space s = Space::line(PETSC_COMM_WORLD, 7);
  Moments moments(s);
  VecHandle x = s.vec(), wrong = Space::line(PETSC_COMM_WORLD, 8).vec();
  expectError(ExitCode::Diverged, {"mean", "a draw"}, [&] { moments.mean(x); });
  expectError(ExitCode::Diverged, {"root mean square", "a draw"}, [&] { moments.rootMeanSquare(x); });
  BOOST_CHECK_THROW(moments.add(wrong), Error);
  BOOST_TEST(moments.count() == 0);
  moments.add(x);
  expectError(ExitCode::Diverged, {"standard deviation", "two draws"}, [&] { moments.standardDeviation(x); });
  BOOST_CHECK_NO_THROW(moments.mean(x));
  BOOST_CHECK_NO_THROW(moments.rootMeanSquare(x));
  BOOST_CHECK_THROW(moments.mean(wrong), Error);
}
