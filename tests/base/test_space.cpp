/// Spaces: natural indices, scratch vectors, sizes.
#include <set>

#include "natural.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

/// Every natural index 0 ... global-1 on exactly one rank, every local entry in exactly one run.
void requireCover(const Space& space, const std::string& what) {
  std::vector<int> mine(static_cast<std::size_t>(space.global()), 0), all(mine.size());
  std::vector<int> local(static_cast<std::size_t>(space.local()), 0);
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) {
      ++mine.at(static_cast<std::size_t>(run.natural + k * run.stride));
      ++local.at(static_cast<std::size_t>(run.local + k));
    }
  checkMpi(MPI_Allreduce(mine.data(), all.data(), static_cast<int>(mine.size()), MPI_INT, MPI_SUM, space.comm()));
  BOOST_TEST((std::set<int>(all.begin(), all.end()) == std::set<int>{1} || all.empty()), what);
  BOOST_TEST((std::set<int>(local.begin(), local.end()) == std::set<int>{1} || local.empty()), what);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_numbers_its_entries_as_petsc_does) {
  for (PetscInt n : {0, 1, 2, 5, 13, 100}) {
    const Space s = Space::line(PETSC_COMM_WORLD, n);
    requireCover(s, "line of " + std::to_string(n));
    const VecHandle x = s.vec();
    PetscInt first = 0, end = 0;
    check(VecGetOwnershipRange(x, &first, &end));
    for (const NaturalRun& run : s.naturalRuns())
      if (run.count > 0) BOOST_TEST(run.natural == first);
    BOOST_TEST(s.holds(x));
    BOOST_TEST(s.global() == n);
  }
}

BOOST_AUTO_TEST_CASE(cubes_number_their_entries_as_the_undivided_array) {
  const int ranks = sizeOf(PETSC_COMM_WORLD);
  for (const Shape& shape :
       {Shape{1, 1, 1, 5, 7}, {1, 2, 1, 6, 3}, {4, 3, 1, 5, 2}, {3, 2, 4, 3, 5}, {1, 1, 1, 1, 9}, {1, 1, 1, 2, 1}})
    for (int time : {0, 1, ranks}) {
      const Cube cube = cubeOf(shape, time);
      requireCover(cube.space(), shape.text());
      // natural = (((f C + c) Z + z) Y + y) X + x, by the box of this rank
      const auto& [start, count] = cube.box();
      std::int64_t expected = 0, found = 0;
      for (PetscInt f = 0; f < count[0]; ++f)
        for (PetscInt c = 0; c < count[1]; ++c)
          for (PetscInt z = 0; z < count[2]; ++z)
            for (PetscInt y = 0; y < count[3]; ++y)
              for (PetscInt x = 0; x < count[4]; ++x)
                expected = 31 * expected % 1000003 +
                           ((((start[0] + f) * shape.channels + start[1] + c) * shape.nz + start[2] + z) * shape.ny +
                            start[3] + y) *
                               shape.nx +
                           start[4] + x;
      for (const NaturalRun& run : cube.space().naturalRuns())
        for (PetscInt k = 0; k < run.count; ++k) found = 31 * found % 1000003 + run.natural + k * run.stride;
      BOOST_TEST(found == expected, shape.text());
    }
}

BOOST_AUTO_TEST_CASE(scratch_vectors_are_used_again) {
  const Space s = Space::line(PETSC_COMM_WORLD, 11), copy = s;
  Vec first = nullptr, second = nullptr;
  {
    const ScratchVec a = s.scratch(), b = copy.scratch();
    first = a, second = b;
    BOOST_TEST(first != second);
    BOOST_TEST(s.holds(a));
  }
  for (int i = 0; i < 5; ++i) {  // from the pool that the copies share: the same two, for ever
    const ScratchVec a = copy.scratch(), b = s.scratch();
    BOOST_TEST((std::set<Vec>{a, b} == std::set<Vec>{first, second}));
  }
  const Space other = Space::line(PETSC_COMM_WORLD, 11);
  const ScratchVec c = other.scratch();
  BOOST_TEST((Vec(c) != first && Vec(c) != second));
}

BOOST_AUTO_TEST_CASE(a_scratch_vector_may_outlive_its_space_and_the_space_keeps_its_owner) {
  auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = owner;
  std::unique_ptr<ScratchVec> late;
  {
    const Space s(PETSC_COMM_WORLD, 3, {}, std::exchange(owner, nullptr));
    late = std::make_unique<ScratchVec>(s.scratch());
  }
  BOOST_TEST(!seen.expired());
  check(VecSet(*late, 1));
  late.reset();
  BOOST_TEST(seen.expired());
}

BOOST_AUTO_TEST_CASE(new_vectors_are_zero_and_spaces_know_theirs) {
  const Space s = Space::line(PETSC_COMM_WORLD, 17), same = Space::line(PETSC_COMM_WORLD, 17),
              other = Space::line(PETSC_COMM_WORLD, 18);
  VecHandle x = s.vec();
  for (double v : inNaturalOrder(s, x)) BOOST_TEST(v == 0);
  BOOST_TEST(s.holds(x));
  BOOST_TEST(!other.holds(x));
  BOOST_TEST((s == same));
  BOOST_TEST(!(s == other));
  BOOST_TEST(!(s == Space()));
}

BOOST_AUTO_TEST_CASE(sizes_beyond_the_index_type_name_the_other_build) {
  const std::int64_t large = 2200000000;  // above 2^31; nothing is allocated
  const std::int64_t mine = rankOf(PETSC_COMM_WORLD) == 0 ? large - 5 * (sizeOf(PETSC_COMM_WORLD) - 1) : 5;
  if (sizeof(PetscInt) == 8) {
    BOOST_TEST(static_cast<std::int64_t>(Space(PETSC_COMM_WORLD, mine, {}).global()) == large);
    return;
  }
  for (int way = 0; way < 2; ++way) try {
      if (way == 0)
        Space(PETSC_COMM_WORLD, mine, {});
      else
        imageOf(46341, 46341);
      BOOST_ERROR("accepted");
    } catch (const Error& e) {
      const std::string text = e.what();
      BOOST_TEST(static_cast<int>(e.code()) == 78);
      BOOST_TEST(text.find(way == 0 ? "2200000000" : "2147488281") != std::string::npos, text);
      BOOST_TEST(text.find("32-bit") != std::string::npos, text);
      BOOST_TEST(text.find("petsc64") != std::string::npos, text);
    }
}
