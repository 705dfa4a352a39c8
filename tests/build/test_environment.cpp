/// ctest alone, called in any way, must give every test the environment of cmake/TestEnvironment.cmake.in.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

#include "base/error.hpp"

BOOST_AUTO_TEST_CASE(variables_reach_every_rank) {
  for (const char* name : {"OMP_NUM_THREADS", "OMPI_MCA_mpi_yield_when_idle", "OMPI_MCA_hwloc_base_binding_policy"}) {
    const char* value = std::getenv(name);
    BOOST_TEST_CONTEXT(name) BOOST_TEST((value && *value));
  }
}

BOOST_AUTO_TEST_CASE(all_ranks_are_there) {  // as many as ctest asked for, also where the machine has fewer cores
  const char* ranks = std::getenv("LACUNA_TEST_RANKS");
  BOOST_REQUIRE(ranks);
  BOOST_TEST(lacuna::sizeOf(PETSC_COMM_WORLD) == std::stoi(ranks));
}
