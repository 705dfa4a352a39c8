/// The preconditioner of Newton's method for logarithms.
#include "base/rng.hpp"
#include "derivatives.hpp"
#include "model/affine.hpp"
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/poisson_noise.hpp"
#include "model/positive.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "operators/algebra.hpp"
#include "operators/convolution.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "solvers/chain_preconditioner.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/self_check.hpp"
#include "testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(it_inverts_the_matrix_that_it_states) {
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  for (int timeRanks = 1; timeRanks <= ranks; ++timeRanks) {
    if (ranks % timeRanks != 0) continue;
    for (const PetscInt frames : {1, 2, 7}) {
      // Data that see every pixel alone: M is diagonal, and the curvature is M + Q.
      const Cube cube = cubeOf({frames, 1, 1, 5, 4}, timeRanks);
      const Space& space = cube.space();
      const VecHandle y = space.vec(), variance = space.vec(), x = space.vec(), product = space.vec(),
                      back = space.vec();
      fillNatural(space, variance, [](std::int64_t i) { return std::pow(10.0, static_cast<double>(i % 4) - 2); });
      const auto data =
          std::make_shared<Likelihood>(identity(space), std::make_shared<GaussianNoise>(space, y, variance));
      const TimeChain chain = ar1(static_cast<std::size_t>(frames), 0.7, 3, 1);
      const SumOfTerms energy({data, std::make_shared<MarkovPrior>(cube, chain)});
      ChainPreconditioner preconditioner(cube, chain, 0.2);
      Rng(3).normal(space, x);
      const auto at = energy.at(x);
      const OperatorPointer M = data->at(x)->curvature(Curvature::Fisher), all = at->curvature(Curvature::Fisher);
      // 0.3 M + 0.2 + Q = all - 0.7 M + 0.2
      sum({all, scale(-0.7, M), scale(0.2, identity(space))})->apply(x, product);
      const OperatorPointer P = preconditioner.at(*at);
      P->apply(product, back);
      BOOST_TEST(distance(back, x) < 1e-11);
      BOOST_TEST(checkSymmetry("preconditioner", *P).found < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_CASE(newton_needs_fewer_products_with_it) {
  // Spots that blink between 0 and 300 counts: the curvature spans five orders of magnitude.
  const Cube cube = cubeOf({16, 1, 1, 1, 48});
  const Space& space = cube.space();
  Psf wide{1, 1, 9, {0, 0, 4}, {}};
  for (int i = -4; i <= 4; ++i) wide.values.push_back(std::exp(-0.125 * i * i) / 5);
  const auto blur = Convolution::make(cube, cube, {wide}, {.deterministic = true});
  const VecHandle truth = space.vec(), mu = space.vec(), y = space.vec();
  fillNatural(space, truth, [](std::int64_t i) { return i % 12 == 5 && i / 48 % 6 < 3 ? 300.0 : 0.1; });
  blur->apply(truth, mu);
  VecHandle background = space.vec();
  check(VecSet(background, 0.5));
  check(VecAXPY(mu, 1, background));
  check(VecCopy(mu, y));
  Rng noise(5);
  PoissonNoise(space, y).sample(noise, mu, y);
  const auto mean = std::make_shared<Affine>(std::make_shared<ModelChain>(blur, std::make_shared<Positive>(space)),
                                             std::move(background));
  const TimeChain chain = randomWalk(16, 0.5, 0, 2);
  const SumOfTerms energy({std::make_shared<Likelihood>(mean, std::make_shared<PoissonNoise>(space, y)),
                           std::make_shared<MarkovPrior>(cube, chain), std::make_shared<Smoothness>(cube, 0.2)});
  MapOptions options{.method = "newton", .rtol = 1e-8};
  const VecHandle plain = space.vec(), helped = space.vec();
  check(VecSet(plain, 2));
  check(VecSet(helped, 2));
  const MapResult without = solveMap(energy, options, plain);
  ChainPreconditioner preconditioner(cube, chain, 0.4);
  options.preconditioner = [&](const TermAt& at) { return preconditioner.at(at); };
  const MapResult with = solveMap(energy, options, helped);
  BOOST_TEST_MESSAGE("products " << without.products << " without, " << with.products << " with; energies "
                                 << without.energy << ' ' << with.energy);
  BOOST_TEST(with.converged, with.reason);
  BOOST_TEST(with.energy < without.energy + 1e-2);
  BOOST_TEST(4 * with.products < without.products);
}
