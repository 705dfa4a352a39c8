/// The prior of whitened unknowns.
#include "natural.hpp"
#include "priors/white_prior.hpp"
#include "taylor.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(it_is_half_the_square_with_unit_curvature) {
  for (const Space& s :
       {Space::line(PETSC_COMM_WORLD, 31), Space::line(PETSC_COMM_WORLD, 2), cubeOf({2, 2, 1, 3, 5}).space()}) {
    const WhitePrior E(s);
    VecHandle x = s.vec(), g = s.vec();
    Rng(9).normal(s, x);
    requireTaylor(E, x);
    requireFactor(E, x);
    double sum = 0;
    for (double v : inNaturalOrder(s, x)) sum += 0.5 * v * v;
    const auto here = E.at(x);
    BOOST_TEST(here->value() == sum, boost::test_tools::tolerance(1e-14));
    here->gradient(g);
    BOOST_TEST(distance(g, x) == 0);
    check(VecSet(x, 0));  // the point was copied
    BOOST_TEST(here->value() == sum, boost::test_tools::tolerance(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(draws_are_white_noise_keyed_by_natural_index) {
  const Space s = Space::line(PETSC_COMM_WORLD, 31);
  VecHandle x = s.vec();
  Rng rng(10, 4);
  WhitePrior(s).sample(rng, x);
  WhitePrior(s).sample(rng, x);
  const std::vector<double> v = inNaturalOrder(s, x);
  for (std::size_t i = 0; i < v.size(); ++i)
    BOOST_TEST(v[i] == Rng(10, 4).at(1).normalPair(static_cast<std::int64_t>(i)).first);
}
