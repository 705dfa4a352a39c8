/// The floors: bare transforms that are transforms, rates that are positive, counts that are those of the problem.
#include <cmath>
#include <nlohmann/json.hpp>

#include "floors/bare_fft.hpp"
#include "floors/floors.hpp"
#include "testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(rates_are_measured_where_there_is_something_to_measure) {
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  for (const int groups : {1, ranks}) {
    const FloorProblem problem{
        .frames = 4, .ny = 32, .nx = 48, .timeGroups = groups, .seconds = 0.01, .triadMegabytes = 1};
    const Floors f = measureFloors(PETSC_COMM_WORLD, problem);
    BOOST_TEST(f.ranks == ranks);
    BOOST_TEST(f.timeGroups == groups);
    BOOST_TEST(f.transformSeconds > 0);
    BOOST_TEST(f.transformSeconds < 1);
    BOOST_TEST(f.triadGigabytes > 0.01);
    BOOST_TEST((f.latency > 0) == (ranks > 1));
    BOOST_TEST((f.gigabytes > 0) == (ranks > 1));
    BOOST_TEST((f.allreduce > 0) == (ranks > 1));
    BOOST_TEST((f.alltoall > 0) == (ranks > groups));
    const auto json = nlohmann::json::parse(f.json());
    BOOST_TEST(json["triad_gb_per_s_rank"].get<double>() == f.triadGigabytes);
    BOOST_TEST(json["ranks"].get<int>() == ranks);
  }
}

BOOST_AUTO_TEST_CASE(work_is_counted_as_the_phases_of_the_programs_count_it) {
  const auto grid = std::make_shared<const ProcessGrid>(PETSC_COMM_WORLD, 2);
  const BareFft image(Cube(grid, {.frames = 2, .ny = 32, .nx = 48}));
  const double rows = 2.5 * 32 * 48 * std::log2(48.0), lines = 5 * 32 * 25 * std::log2(32.0);
  BOOST_TEST(image.gflop() == 4e-9 * (rows + lines), boost::test_tools::tolerance(1e-12));
  const BareFft volume(Cube(grid, {.frames = 1, .nz = 4, .ny = 6, .nx = 8}));
  const double planes = 2.5 * 192 * std::log2(48.0), along = 5 * 24 * 5 * std::log2(4.0);
  BOOST_TEST(volume.gflop() == 2e-9 * (planes + along), boost::test_tools::tolerance(1e-12));
  volume.thereAndBack();
  const BareFft line(Cube(std::make_shared<const ProcessGrid>(PETSC_COMM_WORLD, 3, sizeOf(PETSC_COMM_WORLD)),
                          {.frames = 3, .nx = 48}));
  line.thereAndBack();
}
