#include <algorithm>

#include "config/command_line.hpp"
#include "config_testing.hpp"

using namespace lacuna;

namespace {

CommandLine parse(const std::vector<std::string>& words, Program program = Program::Massmap) {
  return parseCommandLine(program, words, "lacuna 0.1.0 (abc)");
}
void wrong(const std::vector<std::string>& words, const std::vector<std::string>& fragments,
           Program program = Program::Massmap) {
  std::vector<std::string> all = fragments;
  all.push_back("usage: lacuna-");
  expectError(ExitCode::Usage, all, [&] { parse(words, program); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(good_lines) {
  const auto bare = parse({"run.toml"});
  BOOST_TEST(bare.config == "run.toml");
  BOOST_TEST(
      (!bare.plan && !bare.check && !bare.checkSigns && !bare.overwrite && !bare.answer && bare.settings.empty()));

  const auto full =
      parse({"--plan", "--set", "data.c1=-0.5", "dir/run.toml", "--check", "--set=grid.center_deg=[-1, -2]",
             "--overwrite", "--check-signs", "--set", "data.file=a=b.fits", "--set", "data.e1=\"x y\""});
  BOOST_TEST(full.config == "dir/run.toml");
  BOOST_TEST((full.plan && full.check && full.checkSigns && full.overwrite));
  const std::vector<std::string> settings{"data.c1=-0.5", "grid.center_deg=[-1, -2]", "data.file=a=b.fits",
                                          "data.e1=\"x y\""};
  BOOST_TEST(full.settings == settings, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(resuming) {
  const auto bare = parse({"run.toml"});
  BOOST_TEST((bare.resume.empty() && bare.maxHours == 0 && bare.makesProduct()));
  const auto line = parse({"run.toml", "--resume", "auto", "--max-hours", "0.25"}, Program::Deconvolve);
  BOOST_TEST((line.resume == "auto" && line.maxHours == 0.25 && line.config == "run.toml"));
  BOOST_TEST(parse({"--resume=a.ckpt.001.h5", "run.toml"}).resume == "a.ckpt.001.h5");
  BOOST_TEST(!parse({"run.toml", "--plan", "--resume", "auto"}).makesProduct());
  wrong({"run.toml", "--max-hours", "-1"}, {"--max-hours"});
  wrong({"run.toml", "--max-hours", "soon"}, {"--max-hours"});
  wrong({"run.toml", "--resume"}, {"--resume"});
  BOOST_TEST(parse({"run.toml", "--resume", "auto"}, Program::Simulate).resume == "auto");
  wrong({"run.toml", "--resume", "a.h5"}, {"no checkpoints"}, Program::Simulate);
  wrong({"run.toml", "--max-hours", "1"}, {"--max-hours"}, Program::Simulate);
}

BOOST_AUTO_TEST_CASE(set_takes_one_word) {
  const auto line = parse({"--set", "grid.nx=3", "run.toml"});
  BOOST_TEST(line.config == "run.toml");
  BOOST_TEST(line.settings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(odd_words_survive) {
  for (const std::string word :
       {"data.m=-1e-3", "data.select=[\"z,,2\"]", "data.e1=[x", "data.e1={a}", "a b=c d",
        "data.weight=", "output.name=%s%n", "data.e1=a,b;c", "data.e1='q'", "data.e1=\xC3\xA9"}) {
    const auto line = parse({"c.toml", "--set", word});
    BOOST_REQUIRE(line.settings.size() == 1u);
    BOOST_TEST(line.settings[0] == word);
    const auto joined = parse({"c.toml", "--set=" + word});
    BOOST_REQUIRE(joined.settings.size() == 1u);
    BOOST_TEST(joined.settings[0] == word);
  }
}

BOOST_AUTO_TEST_CASE(answers_need_no_config) {
  BOOST_TEST(*parse({"--version"}).answer == "lacuna 0.1.0 (abc)\n");
  const auto help = *parse({"--help"}).answer;
  for (const char* word :
       {"CONFIG", "--set", "--plan", "--check", "--check-signs", "--overwrite", "--help-keys", "--version"})
    BOOST_TEST(help.find(word) != std::string::npos, word);
  BOOST_TEST(*parse({"-h"}).answer == help);
  BOOST_TEST(*parse({"run.toml", "--plan", "--help"}).answer == help);
  const auto keys = *parse({"--help-keys"}).answer;
  for (const auto& key : keysOf(Program::Massmap))
    BOOST_TEST(keys.find("\n  " + key.name + "\n") != std::string::npos, key.name);
  BOOST_TEST(keys.find("[haloes]") == std::string::npos);
  BOOST_TEST(parse({"--help-keys"}, Program::Simulate).answer->find("[haloes]") != std::string::npos);
  std::size_t longest = 0, length = 0;
  for (const char c : keys) longest = std::max(longest, length = c == '\n' ? 0 : length + 1);
  BOOST_TEST(longest <= 100u);
}

BOOST_AUTO_TEST_CASE(wrong_usage) {
  wrong({}, {"CONFIG.toml is missing"});
  wrong({"--plan"}, {"CONFIG.toml is missing"});
  wrong({""}, {"CONFIG.toml is missing"});
  wrong({"a.toml", "b.toml"}, {"b.toml"});
  wrong({"a.toml", "--plna"}, {"--plna", "did you mean --plan?"});
  wrong({"a.toml", "--overwrit=yes"}, {"did you mean --overwrite?"});
  wrong({"a.toml", "--set"}, {"--set"});
  wrong({"a.toml", "-ksp_monitor"}, {"PETSc options stand after --"});
  wrong({"a.toml", "--plan=maybe"}, {"--plan"});
  wrong({"a.toml", "--check-signs"}, {"--check-signs"}, Program::Simulate);
  wrong({"a.toml", "--resume"}, {"--resume"});
}
