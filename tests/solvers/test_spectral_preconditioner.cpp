/// The preconditioner of Newton's method in Fourier space.
#include "base/rng.hpp"
#include "model/affine.hpp"
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/self_check.hpp"
#include "solvers/spectral_preconditioner.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

/// Narrow, asymmetric, and without a mode that it loses.
Psf narrow(double salt) { return {1, 1, 3, {0, 0, 1}, {0.15 + salt, 0.75, 0.1}}; }

struct Movie {
  std::shared_ptr<const Convolution> blur;
  ConvexProblem problem;
  VecHandle y, variance;

  Movie(const Shape& shape, int timeRanks, std::vector<Psf> psfs, Boundary boundary)
      : Movie(cubeOf(shape, timeRanks), std::move(psfs), boundary) {}
  Movie(const Cube& cube, std::vector<Psf> psfs, Boundary boundary)
      : blur(Convolution::make(cube, cube, std::move(psfs), {.boundary = boundary})), problem(*blur) {
    y = problem.data.space().vec();
    variance = problem.data.space().vec();
  }
};

double distance(Vec a, Vec b) {
  const VecHandle d = like(a);
  check(VecWAXPY(d, -1, a, b));
  PetscReal n = 0, scale = 0;
  check(VecNorm(d, NORM_INFINITY, &n));
  check(VecNorm(a, NORM_INFINITY, &scale));
  return n / scale;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_inverts_a_periodic_movie_with_even_weights) {
  int ranks = 1;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  for (int timeRanks = 1; timeRanks <= ranks; ++timeRanks) {
    if (ranks % timeRanks != 0) continue;
    for (bool each : {false, true}) {
      const Shape shape{5, 1, 1, 6, 9};
      std::vector<Psf> psfs{narrow(0)};
      for (int t = 1; each && t < 5; ++t) psfs.push_back(narrow(0.02 * t));
      Movie movie(shape, timeRanks, psfs, Boundary::Periodic);
      check(VecSet(movie.variance, 0.5));
      movie.problem.chain = ar1(5, 0.7, 3, 1);
      const SumOfTerms energy(
          {std::make_shared<Likelihood>(
               movie.blur, std::make_shared<GaussianNoise>(movie.problem.data.space(), movie.y, movie.variance)),
           std::make_shared<MarkovPrior>(movie.problem.image, *movie.problem.chain)});
      const Space& space = movie.problem.image.space();
      const VecHandle x = space.vec(), product = space.vec(), back = space.vec();
      Rng(3).normal(space, x);
      SpectralPreconditioner preconditioner(movie.problem);
      const auto at = energy.at(x);
      at->curvature(Curvature::Fisher)->apply(x, product);
      preconditioner.at(*at)->apply(product, back);
      BOOST_TEST(distance(x, back) < 1e-11);
    }
  }
}

BOOST_AUTO_TEST_CASE(it_is_symmetric_and_positive_where_it_is_approximate) {
  const Shape shape{3, 1, 1, 7, 8};
  for (Boundary boundary : {Boundary::Zero, Boundary::Reflect}) {
    Movie movie(shape, 1, {narrow(0)}, boundary);
    movie.problem.smooth = 0.3;
    movie.problem.order = 2;
    fillNatural(movie.problem.data.space(), movie.variance, [](std::int64_t i) { return i % 4 == 1 ? INFINITY : 0.3; });
    const SumOfTerms energy(
        {std::make_shared<Likelihood>(
             movie.blur, std::make_shared<GaussianNoise>(movie.problem.data.space(), movie.y, movie.variance)),
         std::make_shared<Smoothness>(movie.problem.image, 0.3, 2)});
    const Space& space = movie.problem.image.space();
    const VecHandle x = space.vec(), z = space.vec();
    Rng(4).normal(space, x);
    SpectralPreconditioner preconditioner(movie.problem);
    const OperatorPointer P = preconditioner.at(*energy.at(x));
    const CheckLine line = checkSymmetry("preconditioner", *P);
    BOOST_TEST(line.found < 1e-12);
    P->apply(x, z);
    PetscScalar product = 0;
    check(VecDot(x, z, &product));
    BOOST_TEST(product > 0);
  }
}

BOOST_AUTO_TEST_CASE(newton_needs_fewer_products_with_it) {
  const Shape shape{24, 1, 1, 1, 48};
  Psf wide{1, 1, 9, {0, 0, 4}, {}};
  for (int i = -4; i <= 4; ++i) wide.values.push_back(std::exp(-0.125 * i * i) / 5);
  Movie movie(shape, 0, {wide}, Boundary::Zero);
  const Space& space = movie.problem.data.space();
  fillNatural(space, movie.y, [](std::int64_t i) {
    return std::round(70 + 40 * std::sin(0.21 * static_cast<double>(i)) + 7 * Rng(8).normalPair(i).first);
  });
  VecHandle background = space.vec();
  check(VecSet(background, 2));
  movie.problem.chain = randomWalk(24, 0.5, 50, 50);
  const SumOfTerms energy({std::make_shared<Likelihood>(std::make_shared<Affine>(movie.blur, std::move(background)),
                                                        std::make_shared<PoissonNoise>(space, movie.y)),
                           std::make_shared<MarkovPrior>(movie.problem.image, *movie.problem.chain)});
  SpectralPreconditioner preconditioner(movie.problem);
  MapOptions options;
  options.method = "newton";
  options.rtol = 1e-9;
  options.lower = 0;
  const VecHandle plain = movie.problem.image.space().vec(), helped = movie.problem.image.space().vec();
  check(VecSet(plain, 50));
  check(VecSet(helped, 50));
  const MapResult without = solveMap(energy, options, plain);
  options.preconditioner = [&](const TermAt& at) { return preconditioner.at(at); };
  const MapResult with = solveMap(energy, options, helped);
  BOOST_TEST(without.converged);
  BOOST_TEST(with.converged);
  BOOST_TEST(with.energy == without.energy, boost::test_tools::tolerance(1e-9));
  BOOST_TEST_MESSAGE("products " << without.products << " without, " << with.products << " with");
  BOOST_TEST(3 * with.products < without.products);
}
