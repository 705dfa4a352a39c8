/// The search for a strength, and what it compares the deviance with.
#include <boost/test/data/test_case.hpp>

#include "base/rng.hpp"
#include "deconvolve/expected_deviance.hpp"
#include "deconvolve/strength.hpp"
#include "model/poisson_draw.hpp"
#include "testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(finds_where_the_ratio_is_one) {
  for (const double wanted : {3e-5, 0.4, 1.0, 7e4})
    for (const double power : {0.05, 0.7}) {
      StrengthSearch search;
      search.tolerance = 1e-4;
      const FoundStrength f = findStrength(search, [&](double s) { return std::pow(s / wanted, power); });
      BOOST_TEST(f.bracketed);
      BOOST_TEST(std::abs(f.ratio - 1) <= 1e-4);
      BOOST_TEST(std::abs(std::log(f.strength / wanted)) <= 1.1e-4 / power);
      BOOST_TEST(f.solves <= 25);
    }
}

BOOST_AUTO_TEST_CASE(a_kink_is_found_too) {
  StrengthSearch search;
  search.tolerance = 1e-3;
  const FoundStrength f = findStrength(search, [](double s) { return 0.9 + 0.5 * s / (s + 3); });
  BOOST_TEST(std::abs(f.strength - 0.75) < 0.02);
}

BOOST_AUTO_TEST_CASE(says_where_a_jump_is_all_there_is) {
  StrengthSearch search;
  search.tolerance = 1e-3;
  const FoundStrength f = findStrength(search, [](double s) { return s < 0.02 ? 0.8 : 1.2; });
  BOOST_TEST((f.bracketed && !f.met));
  BOOST_TEST(std::abs(f.strength - 0.02) < 1e-4);
  BOOST_TEST(findStrength(search, [](double s) { return s / 0.02; }).met);
}

BOOST_AUTO_TEST_CASE(says_where_there_is_none) {
  StrengthSearch search;
  search.tolerance = 1e-3;
  search.decades = 3;
  for (const double constant : {0.5, 2.0}) {
    const FoundStrength f = findStrength(search, [&](double) { return constant; });
    BOOST_TEST(!f.bracketed);
    BOOST_TEST(f.ratio == constant);
    BOOST_TEST(std::abs(std::abs(std::log10(f.strength)) - 3) < 1e-9);
  }
}

/// Against the mean over draws.
BOOST_AUTO_TEST_CASE(expected_deviance_of_poisson_numbers) {
  BOOST_TEST(expectedPoissonDeviance(0) == 0);
  for (const double mu : {1e-4, 0.03, 0.5, 2.0, 9.0, 29.0, 31.0, 400.0}) {
    double sum = 0, squares = 0;
    const int draws = 40000;
    const Rng rng(7);
    for (int i = 0; i < draws; ++i) {
      Uniforms uniforms(rng, i);
      const double y = drawPoisson(mu, uniforms), d = 2 * (mu - y + (y > 0 ? y * std::log(y / mu) : 0));
      sum += d / draws, squares += d * d / draws;
    }
    const double sd = std::sqrt((squares - sum * sum) / draws);
    BOOST_TEST(std::abs(expectedPoissonDeviance(mu) - sum) < 5 * sd,
               mu << ": " << expectedPoissonDeviance(mu) << " " << sum);
  }
  BOOST_TEST(std::abs(expectedPoissonDeviance(30.001) / expectedPoissonDeviance(29.999) - 1) < 1e-4);
}
