/// ADMM against dense Newton minimisation of the same problem, written out from the definitions.
#include "convex_setup.hpp"
#include "expect_error.hpp"
#include "interrupted.hpp"
#include "model/affine.hpp"
#include "model/likelihood.hpp"
#include "model/sum_of_terms.hpp"
#include "operators/algebra.hpp"
#include "priors/smoothness.hpp"
#include "solvers/convex.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(images_reach_the_dense_minimum) {
  for (const bool periodic : {false, true})
    for (const bool exposed : {false, true}) {
      Setup s(PETSC_COMM_WORLD, {1, 1, 1, 7, 6}, {1, 1, 1, 7, 6}, 1, true);
      s.problem.psfs = {psfOf(1, 3, 4, 0)};
      s.problem.boundary = periodic ? RowBoundary::Periodic : RowBoundary::Zero;
      s.problem.smooth = 0.02;
      s.problem.spacing = {1, 1, 1.5};
      compare(s, exposed, periodic ? "periodic image" : "image");
    }
}

BOOST_AUTO_TEST_CASE(valid_data_reach_the_dense_minimum) {
  Setup s(PETSC_COMM_WORLD, {1, 1, 1, 9, 8}, {1, 1, 1, 7, 5}, 1, true);
  s.problem.psfs = {psfOf(1, 3, 4, 0)};
  s.problem.offset = {0, 3 - 1 - s.problem.psfs[0].center[1], 4 - 1 - s.problem.psfs[0].center[2]};
  s.problem.smooth = 0.05;
  compare(s, false, "valid");
}

BOOST_AUTO_TEST_CASE(volumes_reach_the_dense_minimum) {
  for (const bool periodic : {false, true}) {
    Setup s(PETSC_COMM_WORLD, {1, 1, 4, 3, 5}, {1, 1, 4, 3, 5}, 1, true);
    s.problem.psfs = {psfOf(3, 2, 3, 1)};
    s.problem.boundary = periodic ? RowBoundary::Periodic : RowBoundary::Zero;
    s.problem.smooth = 0.03;
    s.problem.spacing = {2, 1, 1};
    compare(s, true, "volume");
  }
}

BOOST_AUTO_TEST_CASE(movies_with_a_psf_each_reach_the_dense_minimum) {
  for (const bool poisson : {true, false}) {
    Setup s(PETSC_COMM_WORLD, {4, 1, 1, 4, 5}, {4, 1, 1, 4, 5}, 0, poisson);
    for (int t = 0; t < 4; ++t) s.problem.psfs.push_back(psfOf(1, 3, 3, t));
    s.problem.chain = walk(4);
    compare(s, true, "movie");
  }
}

BOOST_AUTO_TEST_CASE(a_stack_of_epochs_reaches_the_dense_minimum) {
  Setup s(PETSC_COMM_WORLD, {1, 1, 1, 6, 5}, {3, 1, 1, 6, 5}, 0, true);
  for (int t = 0; t < 3; ++t) s.problem.psfs.push_back(psfOf(1, 3, 2 + t, t));
  s.problem.smooth = 0.01;
  compare(s, true, "stack");
}

BOOST_AUTO_TEST_CASE(without_bounds_gaussian_movies_reach_the_direct_solve) {
  Setup s(PETSC_COMM_WORLD, {3, 1, 1, 5, 4}, {3, 1, 1, 5, 4}, 0, false);
  s.problem.psfs = {psfOf(1, 3, 3, 0)};
  s.problem.positive = false;
  s.problem.chain = ar1(3, 2, 1.5, 3);
  compare(s, false, "linear-Gaussian");
}

/// The same iterations on every split, against one rank alone.
BOOST_AUTO_TEST_CASE(every_split_in_time_and_space_does_the_same) {
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  const auto make = [](MPI_Comm comm, int timeRanks, int kind) {
    const Shape image = kind == 2 ? Shape{1, 1, 1, 9, 5} : kind == 3 ? Shape{3, 1, 3, 4, 5} : Shape{5, 1, 1, 7, 6};
    Shape data = image;
    if (kind == 1) data.ny -= 2, data.nx -= 2;  // valid
    if (kind == 2) data.frames = 3;             // stack
    auto s = std::make_unique<Setup>(comm, image, data, timeRanks, true);
    s->problem.psfs = {kind == 3 ? psfOf(3, 3, 3, 0) : psfOf(1, 3, 3, 0)};
    if (kind == 1) s->problem.offset = {0, 1, 1};
    if (kind != 2 && kind != 5) s->problem.chain = walk(image.frames);
    if (kind == 5) s->problem.timeVariation = 0.2;
    if (kind == 0) s->problem.smooth = 0.1;
    if (kind == 2) s->problem.boundary = RowBoundary::Periodic;
    if (kind == 2 || kind == 3) s->problem.totalVariation = 0.2;
    if (kind == 3 || kind == 4) s->problem.starlet = 0.1, s->problem.scales = 2;
    s->finish(kind != 0);
    return s;
  };
  for (int kind = 0; kind < 6; ++kind) {
    const auto alone = make(PETSC_COMM_SELF, 1, kind);
    const ProximalOptions options{.rtol = 0, .iterations = 40};
    VecHandle x = alone->start();
    const ProximalResult r = alone->solve(options, x);
    const std::vector<double> reference = inNaturalOrder(alone->problem.image.space(), x);
    for (int timeRanks = 1; timeRanks <= ranks; ++timeRanks) {
      if (ranks % timeRanks != 0) continue;
      const auto split = make(PETSC_COMM_WORLD, timeRanks, kind);
      for (const bool single : {false, true}) {
        const double allowed = single ? 1e-5 : 1e-11;
        ProximalOptions how = options;
        how.single = single;
        VecHandle z = split->start();
        const ProximalResult q = split->solve(how, z);
        const double w = worstDifference(inNaturalOrder(split->problem.image.space(), z), reference);
        BOOST_TEST(w < allowed,
                   "kind " << kind << ", time groups " << timeRanks << (single ? ", single: " : ": ") << w);
        BOOST_TEST((w > 1e-12 || !single));                                             // it was in single precision
        BOOST_TEST(std::abs(q.penalties.data / r.penalties.data - 1) < 100 * allowed);  // a quotient of small steps
        BOOST_TEST(std::abs(q.energy - r.energy) < allowed * std::abs(r.energy));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(newton_takes_over_where_the_last_digits_are_asked_for) {
  Setup s(PETSC_COMM_WORLD, {1, 1, 1, 8, 7}, {1, 1, 1, 8, 7}, 1, true);
  const auto blur = Convolution::make(s.problem.image, s.problem.data, {psfOf(1, 3, 3, 0)}, {.deterministic = true});
  s.problem = ConvexProblem(*blur);
  s.problem.smooth = 0.02;
  s.finish(true);
  VecHandle e = s.problem.data.space().vec(), b = like(e);
  check(VecCopy(s.exposure, e));
  check(VecCopy(s.background, b));
  const auto mean =
      std::make_shared<Affine>(compose(diagonal(s.problem.data.space(), std::move(e)), blur), std::move(b));
  const auto energy = std::make_shared<const SumOfTerms>(std::vector<TermPointer>{
      std::make_shared<Likelihood>(mean, s.problem.noise), std::make_shared<Smoothness>(s.problem.image, 0.02)});
  const std::vector<double> reference = s.dense.minimum(2);
  const double best = s.dense.energy(reference, true);
  ConvexOptions options;
  options.proximal.rtol = 1e-12;
  for (const bool polished : {true, false}) {
    VecHandle x = s.start();
    ConvexEnergy objective{[&](Vec v) { return energy->at(v)->value(); }};
    if (polished) objective.term = [&](double) { return energy; };
    const ConvexResult r = solveConvex(s.problem, objective, options, x);
    BOOST_TEST(r.converged, r.reason);
    BOOST_TEST(std::abs(r.energy - best) < 1e-8);
    BOOST_TEST((r.newtonIterations > 0) == polished);
    BOOST_TEST(std::isnan(r.optimality.residual) == !polished);
    if (polished) BOOST_TEST(r.optimality.residual < 1e-4);
    if (polished) BOOST_TEST(worstDifference(inNaturalOrder(s.problem.image.space(), x), reference) < 1e-4);
  }
}

BOOST_AUTO_TEST_CASE(what_it_cannot_do_is_refused) {
  const auto refused = [](auto&& change, const std::string& word) {
    Setup s(PETSC_COMM_WORLD, {1, 1, 1, 6, 5}, {1, 1, 1, 6, 5}, 1, true);
    s.problem.psfs = {psfOf(1, 3, 3, 0)};
    s.finish(false);
    change(s.problem);
    VecHandle x = s.start();
    expectError(ExitCode::BadConfig, {word}, [&] { s.solve({}, x); });
  };
  refused([](ConvexProblem& p) { p.boundary = RowBoundary::Reflect; }, "reflecting");
  refused([](ConvexProblem& p) { p.smooth = 1, p.order = 2; }, "order 2");
  refused([](ConvexProblem& p) { p.power = [](const Mode&) { return 1.0; }; }, "periodic");
  refused([](ConvexProblem& p) { p.psfs = {psfOf(3, 3, 3, 0)}; }, "wider");
  refused([](ConvexProblem& p) { p.chain = walk(1), p.timeVariation = 1; }, "at once");
  refused([](ConvexProblem& p) { p.psfs = {psfOf(1, 3, 3, 0), psfOf(1, 3, 3, 0)}; }, "2 PSFs");
}

BOOST_AUTO_TEST_CASE(a_result_is_feasible_however_early_it_is_taken) {
  const Shape shape{1, 1, 1, 1, 40};
  const Cube cube = cubeOf(shape, 1);
  ConvexProblem problem;
  problem.image = problem.data = cube;
  problem.psfs = {{1, 1, 3, {0, 0, 1}, {0, 1, 0.5}}};
  const VecHandle y = cube.space().vec(), x = cube.space().vec();
  fillNatural(cube.space(), y, [](std::int64_t i) { return i == 8 ? 1e6 : i % 5 == 0 ? 1.0 : 0.0; });  // no background
  const auto noise = std::make_shared<PoissonNoise>(cube.space(), y);
  problem.noise = noise;
  const auto blur = Convolution::make(cube, cube, problem.psfs, {});
  const auto value = [&](Vec at) {
    const VecHandle mean = cube.space().vec();
    blur->apply(at, mean);
    return noise->value(mean);
  };
  check(VecSet(x, 10));
  const double start = value(x);
  ConvexOptions options;
  options.proximal.iterations = 3;
  const ConvexResult r = solveConvex(problem, {value}, options, x);
  BOOST_TEST(std::isfinite(r.energy));
  BOOST_TEST(r.energy == value(x), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(r.energy < start);
  BOOST_TEST((r.limited && !r.converged));
}

/// With every split there is: edges, slopes, chains, stacks, volumes.
BOOST_AUTO_TEST_CASE(a_resumed_run_goes_on_bit_by_bit) {
  for (int run = 0; run < 10; ++run) {
    const int kind = run / 2;
    const Shape image = kind == 1 ? Shape{1, 1, 1, 9, 5} : kind == 2 ? Shape{3, 1, 3, 4, 5} : Shape{5, 1, 1, 7, 6};
    Shape data = image;
    if (kind == 1) data.frames = 3;
    Setup s(PETSC_COMM_WORLD, image, data, 0, true);
    s.problem.psfs = {kind == 2 ? psfOf(3, 3, 3, 0) : psfOf(1, 3, 3, 0)};
    if (kind != 1 && kind != 4) s.problem.chain = walk(image.frames);
    if (kind != 3) s.problem.smooth = 0.1;
    if (kind == 2 || kind == 3) s.problem.totalVariation = 0.2;
    if (kind == 4) s.problem.timeVariation = 0.2;
    if (kind <= 1) s.problem.starlet = 0.1, s.problem.scales = 2;
    s.finish(kind != 0);
    const ProximalOptions how{.rtol = 1e-9, .iterations = 60, .single = run % 2 == 1};
    Interrupter none;
    const VecHandle wanted = s.start();
    const ProximalResult reference = s.solve(how, wanted, &none);
    for (const int at : {1, 4, 9, 25, 50}) {  // in the middle of measuring a penalty, after changes, between energies
      Interrupter stop;
      const VecHandle x = s.start();
      ProximalResult r;
      BOOST_TEST(interruptAndResume(stop, at, [&](Observer& o) {
        check(VecCopy(s.start(), x));
        r = s.solve(how, x, &o);
      }));
      BOOST_TEST(inNaturalOrder(s.problem.image.space(), x) == inNaturalOrder(s.problem.image.space(), wanted),
                 "problem " << kind << " at " << at);
      BOOST_TEST((r.energy == reference.energy && r.iterations == reference.iterations && r.gap == reference.gap));
      BOOST_TEST((r.startEnergy == reference.startEnergy && r.penalties.data == reference.penalties.data));
      BOOST_TEST(stop.lines().size() == none.lines().size());
    }
  }
}
