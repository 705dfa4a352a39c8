/// Every class of wrong configuration: exit code, place, key, what was found and what is allowed.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config_testing.hpp"

using namespace lacuna;

namespace {

void bad(const std::string& text, const std::vector<std::string>& fragments) {
  expectError(ExitCode::BadConfig, fragments, [&] { massmap(text); });
}
void badSetting(const std::string& setting, const std::vector<std::string>& fragments,
                ExitCode code = ExitCode::BadConfig) {
  expectError(code, fragments, [&] { massmap(minimal, {setting}); });
}
void badMock(const std::string& text, const std::vector<std::string>& fragments) {
  const std::string grid = "[grid]\npixel_arcmin = 1\nnx = 8\nny = 8\n";
  expectError(ExitCode::BadConfig, fragments, [&] { Inputs::parseText(Program::Simulate, grid + text, "mock.toml"); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(unknown_names) {
  bad(minimal + "[grid]\nnx = 3\n  pixel_arcmn = 2\n",
      {"run.toml:7:3: ", "unknown key pixel_arcmn in [grid]", "did you mean pixel_arcmin?"});
  bad("[data]\nfiel = \"a\"\n", {"run.toml:2:1: ", "fiel", "did you mean file?"});
  bad("[data]\nNX = 4\n", {"run.toml:2:1", "did you mean nx of [grid]?"});
  bad("[data]\nsamples = 4\n", {"run.toml:2:1", "it belongs to [posterior]"});
  bad("[peaks]\nzzzzzzzzzz = 4\n", {"run.toml:2:1", "[peaks] has threshold"});
  bad("[girds]\nnx = 4\n", {"run.toml:1:2: unknown section [girds]", "did you mean [grid]?"});
  bad("[haloes]\nra = [4]\n", {"run.toml:1:2: unknown section [haloes]", "it is for lacuna-simulate"});
  bad("[zzzzzzzz]\n", {"run.toml:1:2", "the sections are data, grid, noise, prior, solver, posterior, peaks, output"});
  bad("file = \"a\"\n[data]\n", {"run.toml:1:1: key file outside any section", "it belongs to [data]"});
  bad("[data.sub]\nx = 1\n", {"unknown key sub in [data]"});
  bad("[data.file]\nx = 1\n", {"[data] file: found a table; must be a path"});
  bad("[data]\n\"é\" = 1\n", {"run.toml:2:1", "unknown key \"é\""});
  bad("[data]\n\"a\\u0007\\nb\" = 1\n", {"unknown key \"a\\u0007\\u000Ab\""});
  bad("[data]\n\"\" = 1\n", {"unknown key \"\""});
  bad("[data]\n" + std::string(5000, 'x') + " = 1\n", {"run.toml:2:1", "xxx...", "[data] has"});
}

BOOST_AUTO_TEST_CASE(the_first_error_in_the_file_is_reported) {
  bad("[solver]\nrtol = 2\n[data]\nzzz = 1\n", {"run.toml:2:8", "rtol"});
  bad("[data]\nweights = 1\nangle = 1\n", {"run.toml:2:1", "did you mean weight?"});
}

BOOST_AUTO_TEST_CASE(wrong_types) {
  bad(minimal + "[grid]\nnx = \"many\"\n",
      {"run.toml:6:6: [grid] nx: found the string \"many\"; must be an integer in [1, 1000000]"});
  bad(minimal + "[grid]\nnx = 3.0\n",
      {"run.toml:6:6", "found the number 3.0 (written with a decimal point or exponent)"});
  bad(minimal + "[grid]\nnx = 1e3\n", {"run.toml:6:6", "decimal point or exponent"});
  bad(minimal + "[grid]\nnx = true\n", {"found true; must be an integer"});
  bad(minimal + "[grid]\nnx = [3]\n", {"found a list of 1; must be an integer"});
  bad(minimal + "[grid]\nnx = {a = 1}\n", {"found a table; must be an integer"});
  bad(minimal + "[grid]\nnx = 2024-01-01\n", {"found a date or time; must be an integer"});
  bad(minimal + "[output]\nfits = 1\n", {"found the integer 1; must be true or false"});
  bad(minimal + "[solver]\nrtol = \"small\"\n", {"found the string \"small\"; must be a number in (0, 1)"});
  bad("[data]\nfile = 3\n", {"run.toml:2:8", "found the integer 3; must be a path"});
  bad("[data]\nfile = \"\"\n", {"found the string \"\", an empty path"});
  bad("[data]\nfile = \"a\\u0000b\"\n", {"NUL"});
  bad("[data]\nm = true\n", {"found true; must be a number in (-1, 10] or a string"});
  bad("[data]\nselect = \"z,1,2\"\n", {"found the string \"z,1,2\"; must be a list of strings"});
  bad("[data]\nselect = [\"z,1,2\", 3]\n", {"run.toml:2:20", "found the integer 3"});
  bad(minimal + "[grid]\ncenter_deg = [1]\n", {"found a list of 1; must be a list of 2 numbers in [-360, 360]"});
  bad(minimal + "[grid]\ncenter_deg = []\n", {"found an empty list"});
  bad(minimal + "[grid]\ncenter_deg = [1, \"x\"]\n", {"run.toml:6:18", "found the string \"x\""});
  bad(minimal + "[grid]\ncenter_deg = [[1, 2], 3]\n", {"run.toml:6:15", "found a list of 2"});
  bad("data = 3\n", {"run.toml:1:1: [data] is a section and cannot be the integer 3"});
  bad("[[data]]\nfile = \"a\"\n", {"[data] is a section and cannot be a list of 1"});
}

BOOST_AUTO_TEST_CASE(wrong_values) {
  bad(minimal + "[solver]\nrtol = 0\n",
      {"run.toml:6:8: [solver] rtol: found the integer 0; must be a number in (0, 1)"});
  bad(minimal + "[solver]\nrtol = 1.0\n", {"found the number 1.0"});
  bad(minimal + "[solver]\nrtol = nan\n", {"run.toml:6:8", "nan", "must be a number in (0, 1)"});
  bad(minimal + "[data]\n", {"run.toml:5:"});
  bad("[data]\nfile = \"a\"\nc1 = inf\n", {"run.toml:3:6", "inf"});
  bad("[data]\nfile = \"a\"\nm = -inf\n", {"run.toml:3:5", "inf"});
  bad("[data]\nfile = \"a\"\nm = -1\n", {"must be a number in (-1, 10] or a string"});
  bad(minimal + "[grid]\nnx = 0\n", {"found the integer 0"});
  bad(minimal + "[grid]\nnx = 1000001\n", {"[1, 1000000]"});
  bad(minimal + "[grid]\nnx = 99999999999999999999999999\n", {"run.toml:6:"});
  bad(minimal + "[grid]\npixel_arcmin = 0.0\n", {"(0, 600]"});
  bad(minimal + "[grid]\npixel_arcmin = 1e999\n", {"run.toml:6:"});
  bad(minimal + "[grid]\npad_factor = 0.99\n", {"[1, 8]"});
  bad(minimal + "[grid]\ncenter_deg = [0, 90.5]\n", {"run.toml:6:14", "[grid] center_deg", "Dec", "[-90, 90]"});
  bad(minimal + "[posterior]\nseed = -1\n", {"must be an integer >= 0"});
  bad(minimal + "[solver]\nmethod = \"Wiener\"\n", {"run.toml:6:10: [solver] method: found the string \"Wiener\"; must "
                                                    "be one of \"wiener\", \"kaiser-squires\", \"null-b\""});
  bad(minimal + "[output]\nname = \"a/b\"\n", {"run.toml:6:8", "plain file name"});
  bad(minimal + "[output]\nname = \"..\"\n", {"plain file name"});
  bad("[data]\nfile = \"a\"\nra = \"\"\n[prior]\nkind = \"flat\"", {"run.toml:3:6", "must not be empty"});
  for (const char* cut : {"z", "z,1", ",1,2", "z,a,2", "z,1,2x", "z,nan,2", "z,0x1,2"})
    bad("[prior]\nkind = \"flat\"\n[data]\nfile = \"a\"\nselect = [\"" + std::string(cut) + "\"]\n",
        {"run.toml:5:10: [data] select", std::string("\"").append(cut) + "\" is not of the form \"column,min,max\""});
  bad("[prior]\nkind = \"flat\"\n[data]\nfile = \"a\"\nselect = [\"z,2,1\"]\n", {"\"z,2,1\" has min > max"});
  bad(minimal + "[data2]\n", {"did you mean [data]?"});
}

BOOST_AUTO_TEST_CASE(missing_and_contradicting_keys) {
  bad("", {"run.toml: [data] file: missing: the path of the catalogue"});
  bad("# nothing\n", {"[data] file: missing"});
  bad(minimal + "spectrum_model = \"matern\"\nsd = 1\ncorrelation_arcmin = 1\n", {"run.toml:5:18", "give one of them"});
  bad("[data]\nfile = \"a\"\n[prior]\nspectrum_model = \"power-law\"\nslope = -1\n",
      {"missing key amplitude in [prior], a number > 0", "\"power-law\""});
  const std::string maps = "[prior]\nkind = \"flat\"\n[data]\nkind = \"maps\"\n";
  bad(maps + "file = \"m.h5\"\n", {"noise_variance", "noise_sd"});
  bad(maps + "file = \"m.h5\"\nnoise_sd = 1\nnoise_variance = \"v\"\n", {"run.toml:6:12", "give one of them"});
  bad(maps + "noise_sd = 1\n", {"run.toml: [data] file", "gamma1 = \"gamma1\" is a dataset of it"});
  badMock("[sky]\nkind = \"none\"\n[haloes]\nra = [1, 2]\ndec = [1]\n",
          {"mock.toml:9:7: [haloes] dec = [1.0]: 1 entries, but ra has 2"});
  badMock("[sky]\nkind = \"none\"\n[mask]\nhole_radius_arcmin = [2, 1]\n", {"mock.toml:8:22", "min <= max"});
  expectError(ExitCode::BadConfig, {"mock.toml: missing key pixel_arcmin in [grid]"},
              [] { Inputs::parseText(Program::Simulate, "", "mock.toml"); });
}

BOOST_AUTO_TEST_CASE(no_toml) {
  bad("[data]\nfile = \"a\"\nfile = \"b\"\n", {"run.toml:3:", "file"});
  bad("[data]\nfile = \"a\"\n[data]\nra = \"b\"\n", {"run.toml:3:"});
  bad("[data]\nfile = a.fits\n", {"run.toml:2:"});
  bad("[data\nfile = \"a\"\n", {"run.toml:1:"});
  bad("[data]\nfile \"a\"\n", {"run.toml:2:"});
  bad("[data]\nfile = \"a\n", {"run.toml:2:"});
  bad("[data]\nselect = [\"a\", \n", {"run.toml:"});
}

BOOST_AUTO_TEST_CASE(settings) {
  badSetting("grid.nx", {"--set grid.nx: must be --set section.key=value"}, ExitCode::Usage);
  badSetting("", {"section.key=value"}, ExitCode::Usage);
  badSetting("=3", {"--set =3: unknown key \"\""});
  badSetting("grid.nxx=3", {"--set grid.nxx=3: unknown key nxx", "did you mean nx?"});
  badSetting("nx=3", {"unknown key nx", "it belongs to [grid]"});
  badSetting("gird.nx=3", {"unknown section [gird]", "did you mean [grid]?"});
  badSetting("grid.nx.x=3", {"unknown key"});
  badSetting("grid.nx=", {"--set grid.nx=: [grid] nx: found the string \"\"; must be an integer"});
  badSetting("grid.nx=abc", {"found the string \"abc\"; must be an integer in [1, 1000000]"});
  badSetting("grid.nx=1\nny=2", {"[grid] nx: found the string"});
  badSetting("grid.nx=1 2", {"found the string \"1 2\""});
  badSetting("grid.center_deg=[1, 2", {"--set grid.center_deg=[1, 2: [grid] center_deg:"});
  badSetting("grid.center_deg=1,2", {"found the string \"1,2\"; must be a list of 2 numbers"});
  badSetting("data.e1=\"open", {"--set data.e1=\"open: [data] e1:"});
  badSetting("solver.rtol=nan", {"--set solver.rtol=nan: [solver] rtol:", "(0, 1)"});
  badSetting("solver.rtol=7", {"--set solver.rtol=7: [solver] rtol: found the integer 7"});
  badSetting("output.name=a/b", {"--set output.name: [output] name = \"a/b\"", "plain file name"});
  badSetting("data.select=[\"z,2,1\"]", {"--set data.select: [data] select", "min > max"});
  // What --set repairs is no error, what it breaks is.
  expectError(ExitCode::BadConfig, {"--set prior.spectrum_model"}, [] {
    massmap(minimal, {"prior.spectrum_model=power-law", "prior.amplitude=1", "prior.slope=0"});
  });
  BOOST_TEST(massmap("", {"data.file=a.fits", "prior.kind=flat"}).path("data.file") == "a.fits");
}

BOOST_AUTO_TEST_CASE(files) {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "lacuna-config-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const fs::path folder = pattern;
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return (folder / name).string();
  };
  BOOST_TEST(readConfigFile(write("good.toml", minimal)) == minimal);
  BOOST_TEST(readConfigFile(write("empty.toml", "")) == "");
  BOOST_TEST(readConfigFile(write("full.toml", std::string(1 << 20, '\n'))).size() == 1u << 20);
  expectError(ExitCode::NoInput, {"nowhere.toml", "no such file"},
              [&] { readConfigFile((folder / "nowhere.toml").string()); });
  expectError(ExitCode::NoInput, {"good.toml/x"}, [&] { readConfigFile((folder / "good.toml/x").string()); });
  expectError(ExitCode::NoInput, {folder.string(), "it is a folder"}, [&] { readConfigFile(folder.string()); });
  expectError(ExitCode::NoInput, {"cannot read"}, [&] { readConfigFile(""); });
  const auto big = write("big.toml", std::string(2 << 20, '#'));
  expectError(ExitCode::BadConfig, {"big.toml", "larger than 1 MiB"}, [&] { readConfigFile(big); });
  const auto closed = write("closed.toml", minimal);
  chmod(closed.c_str(), 0);
  if (geteuid() != 0)
    expectError(ExitCode::NoInput, {"closed.toml", "Permission denied"}, [&] { readConfigFile(closed); });
  // A device without an end: no more than the limit is read.
  expectError(ExitCode::BadConfig, {"/dev/zero", "larger than 1 MiB"}, [] { readConfigFile("/dev/zero"); });
  fs::remove_all(folder);
}
