/// What a resumed run may change.
#include <algorithm>

#include "config/key_change.hpp"
#include "config_testing.hpp"

using namespace lacuna;

namespace {

std::optional<KeyChange> changed(const Inputs& before, const Inputs& now, bool resuming = true) {
  return changedKey(before.echo(), now, resuming);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_is_the_same) {
  const auto inputs = massmap(minimal);
  BOOST_TEST(!changed(inputs, inputs));
  BOOST_TEST(!changed(inputs, inputs, false));
  // Said in another way: a default written out, the file from another folder, a value by --set.
  BOOST_TEST(!changed(inputs, massmap(minimal + "sd = 0.02\n[solver]\nmethod = \"wiener\"\n")));
  const auto spelled = massmap(minimal, {"grid.pad_factor=2.0"}, "dir/run.toml");
  BOOST_TEST(!changed(spelled, massmap(minimal, {}, "dir/run.toml")));
}

BOOST_AUTO_TEST_CASE(a_change_is_named_with_both_values) {
  const auto before = massmap(minimal, {"grid.nx=20"});
  const auto number = changed(before, massmap(minimal, {"grid.nx=21"}));
  BOOST_REQUIRE(number.has_value());
  BOOST_TEST((number->key == "grid.nx" && number->before == "20" && number->now == "21"));
  const auto gone = changed(before, massmap(minimal));
  BOOST_REQUIRE(gone.has_value());
  BOOST_TEST((gone->key == "grid.nx" && gone->before == "20" && gone->now.empty()));
  const auto text = changed(before, massmap(minimal, {"grid.nx=20", "data.e1=g1"}));
  BOOST_REQUIRE(text.has_value());
  BOOST_TEST(text->key == "data.e1");
}

BOOST_AUTO_TEST_CASE(limits_and_files_may_change) {
  const auto before = massmap(minimal);
  for (const std::string setting : {"solver.iterations=77", "checkpoint.keep=9", "checkpoint.every_seconds=1",
                                    "output.folder=elsewhere", "output.fits=false"})
    BOOST_TEST(!changed(before, massmap(minimal, {setting})), setting);
  // A finished run is another one with another limit.
  BOOST_TEST(changed(before, massmap(minimal, {"solver.iterations=77"}), false).has_value());
  BOOST_TEST(!changed(before, massmap(minimal, {"checkpoint.keep=9"}), false));
  BOOST_TEST(changed(before, massmap(minimal, {"solver.rtol=1e-3"})).has_value());
  BOOST_TEST(changed(before, massmap(minimal, {"posterior.samples=5"})).has_value());
}

BOOST_AUTO_TEST_CASE(input_files_may_move) {
  const auto before = massmap(minimal, {"data.clusters=/here/groups.csv"});
  BOOST_TEST(!changed(before, massmap(minimal, {"data.clusters=/there/groups.csv"})));
  BOOST_TEST(!changed(before, massmap(minimal, {"data.clusters=/there/groups.csv"}), false));
  BOOST_TEST(changed(before, massmap(minimal)).has_value());
  BOOST_TEST(changed(massmap(minimal), before).has_value());
}

BOOST_AUTO_TEST_CASE(what_does_not_count_may_change) {
  const std::string data =
      "[data]\nfile = \"cat.fits\"\n[prior]\nspectrum_model = \"power-law\"\namplitude = 1\nslope = 0\n";
  BOOST_TEST(!changed(massmap(data), massmap(data, {"prior.sd=3"})));
  BOOST_TEST(changed(massmap(data), massmap(data, {"prior.slope=1"})).has_value());
}

BOOST_AUTO_TEST_CASE(an_echo_of_another_version) {
  const auto change = changedKey("[data]\nwormhole = 3\n", massmap(minimal), true);
  BOOST_REQUIRE(change.has_value());
  BOOST_TEST(change->key.empty());
  BOOST_TEST(change->now.find("wormhole") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_program_that_solves_has_checkpoints) {
  for (const Program program : {Program::Massmap, Program::Deconvolve, Program::Solve})
    for (const char* key : {"checkpoint.every_seconds", "checkpoint.keep", "checkpoint.folder"}) {
      const Key* found = findKey(program, key);
      BOOST_REQUIRE(found);
      BOOST_TEST(mayChangeOnResume(*found));
    }
  BOOST_TEST(!findKey(Program::Simulate, "checkpoint.keep"));
}
