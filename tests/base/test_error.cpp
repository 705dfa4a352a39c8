/// One rank's failure is everyone's: same text and code on all ranks, in step afterwards.
#include <functional>
#include <new>
#include <optional>

#include "base/handle.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

struct Caught {
  int code = 0, rank = -1;
  std::string text;
};
/// What `work` throws as a RankError; the test fails unless all ranks caught the same, or if they are out of step.
std::optional<Caught> caught(const std::function<void()>& work) {
  std::optional<Caught> mine;
  try {
    work();
  } catch (const RankError& e) {
    mine = Caught{static_cast<int>(e.code()), e.rank, e.what()};
  }
  int threw = mine ? 1 : 0, all = 0;
  checkMpi(MPI_Allreduce(&threw, &all, 1, MPI_INT, MPI_SUM, PETSC_COMM_WORLD));
  BOOST_TEST((all == 0 || all == sizeOf(PETSC_COMM_WORLD)));
  const std::string first = broadcast(
      PETSC_COMM_WORLD, mine ? mine->text + '/' + std::to_string(mine->code) + '/' + std::to_string(mine->rank) : "");
  if (mine) BOOST_TEST(first == mine->text + '/' + std::to_string(mine->code) + '/' + std::to_string(mine->rank));
  return mine;
}
int me() { return rankOf(PETSC_COMM_WORLD); }
int ranks() { return sizeOf(PETSC_COMM_WORLD); }
std::string named(int rank, const std::string& text) {
  return ranks() > 1 ? "rank " + std::to_string(rank) + ": " + text : text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_failure_on_any_single_rank_is_thrown_on_all) {
  for (int failing = 0; failing < ranks(); ++failing) {
    const auto e = caught([&] {
      together(PETSC_COMM_WORLD, [&] {
        if (me() == failing) throw Error(ExitCode::BadData, "row " + std::to_string(7 + failing) + " is not finite");
      });
    });
    BOOST_REQUIRE(e.has_value());
    BOOST_TEST(e->code == 65);
    BOOST_TEST(e->rank == failing);
    BOOST_TEST(e->text == named(failing, "row " + std::to_string(7 + failing) + " is not finite"));
  }
}

BOOST_AUTO_TEST_CASE(of_several_failures_the_lowest_rank_speaks) {
  const int first = ranks() > 1 ? 1 : 0;
  const auto e = caught([&] {
    together(PETSC_COMM_WORLD, [&] {
      if (me() >= first)
        throw Error(me() == first ? ExitCode::NoInput : ExitCode::BadData, "trouble of " + std::to_string(me()));
    });
  });
  BOOST_REQUIRE(e.has_value());
  BOOST_TEST(e->code == 66);
  BOOST_TEST(e->text == named(first, "trouble of " + std::to_string(first)));
}

BOOST_AUTO_TEST_CASE(no_failure_throws_nothing) {
  int runs = 0;
  BOOST_TEST(!caught([&] { together(PETSC_COMM_WORLD, [&] { ++runs; }); }).has_value());
  BOOST_TEST(runs == 1);
  BOOST_TEST(!caught([] { agree(PETSC_COMM_WORLD, nullptr); }).has_value());
}

BOOST_AUTO_TEST_CASE(a_rank_error_keeps_its_text_and_code_through_any_number_of_layers) {
  const auto e = caught([&] {
    together(PETSC_COMM_WORLD, [&] {
      together(PETSC_COMM_WORLD, [&] {
        sumOver(PETSC_COMM_WORLD, [&]() -> double {
          if (me() == ranks() - 1) throw Error(ExitCode::IoError, "cannot write");
          return 1;
        });
      });
    });
  });
  BOOST_REQUIRE(e.has_value());
  BOOST_TEST(e->code == 74);
  BOOST_TEST(e->text == named(ranks() - 1, "cannot write"));
}

BOOST_AUTO_TEST_CASE(foreign_exceptions_get_code_70_and_words) {
  const auto out = caught([] { together(PETSC_COMM_WORLD, [] { throw std::bad_alloc(); }); });
  BOOST_REQUIRE(out.has_value());
  BOOST_TEST(out->code == 70);
  BOOST_TEST(out->text == named(0, "out of memory"));
  const auto odd = caught([] { together(PETSC_COMM_WORLD, [] { throw 42; }); });
  BOOST_REQUIRE(odd.has_value());
  BOOST_TEST(odd->text == named(0, "unknown exception"));
  const auto standard = caught([] { together(PETSC_COMM_WORLD, [] { throw std::out_of_range("map::at"); }); });
  BOOST_REQUIRE(standard.has_value());
  BOOST_TEST(standard->text == named(0, "map::at"));
}

BOOST_AUTO_TEST_CASE(rank_zero_works_alone_and_its_failure_names_no_rank) {
  int runs = 0;
  BOOST_TEST(!caught([&] { onRankZero(PETSC_COMM_WORLD, [&] { ++runs; }); }).has_value());
  BOOST_TEST(runs == (me() == 0 ? 1 : 0));
  const auto e =
      caught([] { onRankZero(PETSC_COMM_WORLD, [] { throw Error(ExitCode::NoInput, "no such file: a.toml"); }); });
  BOOST_REQUIRE(e.has_value());
  BOOST_TEST(e->code == 66);
  BOOST_TEST(e->rank == 0);
  BOOST_TEST(e->text == "no such file: a.toml");
}

BOOST_AUTO_TEST_CASE(a_sum_carries_failures_and_nothing_else_is_one) {
  BOOST_TEST(sumOver(PETSC_COMM_WORLD, [] { return me() + 1.0; }) == 0.5 * ranks() * (ranks() + 1));
  BOOST_TEST(std::isnan(sumOver(PETSC_COMM_WORLD, [] { return me() == 0 ? std::nan("") : 1.0; })));
  for (int failing = 0; failing < ranks(); ++failing) {
    const auto e = caught([&] {
      sumOver(PETSC_COMM_WORLD, [&]() -> double {
        if (me() == failing) throw Error(ExitCode::BadData, "bad");
        return std::nan("");  // must not hide the failure
      });
    });
    BOOST_REQUIRE(e.has_value());
    BOOST_TEST(e->code == 65);
    BOOST_TEST(e->rank == failing);
  }
}

BOOST_AUTO_TEST_CASE(a_text_is_broadcast_as_it_is) {
  const int last = ranks() - 1;
  for (const std::string& text : {std::string(), std::string("a\0b\xff", 4), std::string(100000, 'x')})
    BOOST_TEST((broadcast(PETSC_COMM_WORLD, me() == last ? text : "something else", last) == text));
}

BOOST_AUTO_TEST_CASE(a_petsc_failure_holds_petscs_own_text_and_our_place) {
  VecHandle x;
  check(VecCreate(PETSC_COMM_WORLD, x.out()));
  for (const std::string wanted : {"no_such_type", "another_type"}) {
    try {
      check(VecSetType(x, wanted.c_str()));
      BOOST_ERROR("accepted");
    } catch (const PetscFailure& e) {
      const std::string text = e.what();
      BOOST_TEST(e.petscCode == PETSC_ERR_ARG_UNKNOWN_TYPE);
      BOOST_TEST(static_cast<int>(e.code()) == 70);
      BOOST_TEST(text.find("Unknown vector type: " + wanted) != std::string::npos, text);
      BOOST_TEST(text.find("VecSetType") != std::string::npos, text);
      BOOST_TEST(text.find("test_error.cpp") != std::string::npos, text);
      BOOST_TEST((wanted == "no_such_type" || text.find("no_such_type") == std::string::npos),
                 "an old message came back: " << text);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_mpi_error_is_thrown_with_its_text) {
  int n = 0;
  try {
    checkMpi(MPI_Send(&n, 1, MPI_INT, ranks() + 5, 0, PETSC_COMM_WORLD));
    BOOST_ERROR("accepted");
  } catch (const Error& e) {
    const std::string text = e.what();
    BOOST_TEST(text.find("rank") != std::string::npos, text);  // "MPI_ERR_RANK: invalid rank"
    BOOST_TEST(text.find("test_error.cpp") != std::string::npos, text);
  }
}
