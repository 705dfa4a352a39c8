/// ADMM with norms against dense Newton minimisation of the same energy with rounded corners.
#include "convex_setup.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(total_variation_is_the_limit_of_the_smoothed_one) {
  for (const bool periodic : {false, true}) {
    Setup s(PETSC_COMM_WORLD, {1, 1, 1, 6, 7}, {1, 1, 1, 6, 7}, 1, true);
    s.problem.psfs = {psfOf(1, 3, 3, 0)};
    s.problem.boundary = periodic ? RowBoundary::Periodic : RowBoundary::Zero;
    s.problem.totalVariation = 0.3;
    s.problem.spacing = {1, 1.25, 1};
    compare(s, false, "total variation");
  }
  Setup s(PETSC_COMM_WORLD, {2, 1, 3, 4, 3}, {2, 1, 3, 4, 3}, 0, true);
  s.problem.psfs = {psfOf(3, 3, 3, 0)};
  s.problem.chain = walk(2);
  s.problem.totalVariation = 0.2;
  compare(s, true, "total variation of a movie of volumes");
}

BOOST_AUTO_TEST_CASE(starlets_reach_the_limit_of_the_smoothed_norm) {
  for (const bool periodic : {false, true}) {
    Setup s(PETSC_COMM_WORLD, {1, 1, 1, 6, 7}, {1, 1, 1, 6, 7}, 1, true);
    s.problem.psfs = {psfOf(1, 3, 3, 0)};
    s.problem.boundary = periodic ? RowBoundary::Periodic : RowBoundary::Zero;
    s.problem.starlet = 0.3;
    s.problem.scales = 2;
    compare(s, periodic, "starlets", 8000);
  }
  Setup s(PETSC_COMM_WORLD, {2, 1, 2, 4, 3}, {2, 1, 2, 4, 3}, 0, true);
  s.problem.psfs = {psfOf(1, 3, 3, 0)};
  s.problem.chain = walk(2);
  s.problem.spacing = {2, 1, 1};
  s.problem.starlet = 0.2;
  s.problem.scales = 2;
  compare(s, true, "starlets of a movie of volumes", 6000);
}

BOOST_AUTO_TEST_CASE(total_variation_in_time_reaches_the_limit_of_the_smoothed_norm) {
  Setup valid(PETSC_COMM_WORLD, {4, 1, 1, 6, 5}, {4, 1, 1, 4, 3}, 0, true);
  valid.problem.psfs = {psfOf(1, 3, 3, 0)};
  valid.problem.offset = {0, 1, 1};
  valid.problem.timeVariation = 0.3;
  valid.problem.smooth = 0.02;
  compare(valid, true, "total variation in time, valid data");
  Setup volumes(PETSC_COMM_WORLD, {3, 1, 3, 4, 3}, {3, 1, 3, 4, 3}, 0, true);
  volumes.problem.psfs = {psfOf(3, 3, 3, 0)};
  volumes.problem.boundary = RowBoundary::Periodic;
  volumes.problem.timeVariation = 0.2;
  volumes.problem.totalVariation = 0.1;
  compare(volumes, false, "total variation in space and time of volumes");
}
