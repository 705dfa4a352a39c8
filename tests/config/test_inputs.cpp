/// What a good configuration gives: values, defaults, overrides, paths, the echo.
#include <cmath>
#include <stdexcept>

#include "config/rules.hpp"
#include "config_testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(values_and_defaults) {
  const auto inputs = massmap(R"(
# a comment with ünïcode
[data]
file = "cat.fits"   # "quotes" in a comment
e1 = 'g1'
m = -0.01
flip_e2 = true
select = ["z,0.6,1.2", "mag,,24.5"]
[grid]
pixel_arcmin = 1      # an integer where a number is wanted
nx = 1_000
center_deg = [150.1, 2]
[prior]
spectrum_model = "matern"
sd = 2e-2
correlation_arcmin = 3
[posterior]
seed = 0xFF
)");
  BOOST_TEST(inputs.text("data.e1") == "g1");
  BOOST_TEST(inputs.text("data.e2") == "e2");
  BOOST_TEST(inputs.number("data.m") == -0.01);
  BOOST_TEST(!inputs.isText("data.m"));
  BOOST_TEST(inputs.flag("data.flip_e2"));
  BOOST_TEST(!inputs.flag("data.flip_e1"));
  BOOST_TEST(inputs.number("grid.pixel_arcmin") == 1.0);
  BOOST_TEST(inputs.integer("grid.nx") == 1000);
  BOOST_TEST(!inputs.has("grid.ny"));
  BOOST_TEST((inputs.numbers("grid.center_deg") == std::vector<double>{150.1, 2}));
  BOOST_TEST(inputs.number("prior.smoothness") == 0.3);
  BOOST_TEST(inputs.integer("posterior.seed") == 255);
  BOOST_TEST(inputs.number("posterior.rtol") == 1e-5);
  BOOST_TEST(inputs.given("grid.nx"));
  BOOST_TEST(!inputs.given("posterior.rtol"));
  BOOST_TEST(inputs.has("posterior.rtol"));
  BOOST_TEST(!inputs.has("solver.rtol"));
  BOOST_TEST(inputs.text("output.name") == "run");
  BOOST_TEST(inputs.notes().empty());
  const auto ranges = selectedRanges(inputs);
  BOOST_REQUIRE(ranges.size() == 2u);
  BOOST_TEST(ranges[0].column == "z");
  BOOST_TEST(ranges[0].minimum == 0.6);
  BOOST_TEST(ranges[0].maximum == 1.2);
  BOOST_TEST((std::isinf(ranges[1].minimum) && ranges[1].minimum < 0));
  BOOST_TEST(ranges[1].maximum == 24.5);
}

BOOST_AUTO_TEST_CASE(a_column_name_may_hold_commas) {
  const auto ranges = selectedRanges(massmap(minimal, {R"(data.select=["a,b, -1 ,+2e3"])"}));
  BOOST_REQUIRE(ranges.size() == 1u);
  BOOST_TEST(ranges[0].column == "a,b");
  BOOST_TEST(ranges[0].minimum == -1);
  BOOST_TEST(ranges[0].maximum == 2000);
}

BOOST_AUTO_TEST_CASE(programming_errors) {
  const auto inputs = massmap(minimal);
  BOOST_CHECK_THROW(inputs.number("grid.pixels"), std::logic_error);        // no such key
  BOOST_CHECK_THROW(inputs.integer("solver.rtol"), std::logic_error);       // another type
  BOOST_CHECK_THROW(inputs.text("data.m"), std::logic_error);               // holds a number
  BOOST_CHECK_THROW(inputs.text("data.file"), std::logic_error);            // a path
  BOOST_CHECK_THROW(inputs.number("grid.pixel_arcmin"), std::logic_error);  // no value
  BOOST_CHECK_THROW(inputs.given("galaxies.shape_sd"), std::logic_error);   // another program's
}

BOOST_AUTO_TEST_CASE(line_ends_and_byte_order_mark) {
  std::string crlf;
  for (const char c : minimal) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  BOOST_TEST(massmap(crlf).path("data.file") == "cat.fits");
  BOOST_TEST(massmap("\xEF\xBB\xBF" + minimal).path("data.file") == "cat.fits");
}

BOOST_AUTO_TEST_CASE(other_ways_to_write_toml) {
  const auto dotted = massmap("data.file = \"a.fits\"\nprior.spectrum = \"cl.txt\"\n");
  BOOST_TEST(dotted.path("data.file") == "a.fits");
  const auto inlined = massmap("data = { file = \"a.fits\", m = \"m_col\" }\nprior = { kind = \"flat\" }\n");
  BOOST_TEST(inlined.text("data.m") == "m_col");
  BOOST_TEST(inlined.isText("data.m"));
  const auto quoted = massmap("[\"data\"]\n\"file\" = '''\na.fits'''\n[prior]\nkind = \"flat\"");
  BOOST_TEST(quoted.path("data.file") == "a.fits");
}

BOOST_AUTO_TEST_CASE(paths_start_where_they_are_written) {
  const auto inputs = massmap(minimal + "[output]\nfolder = \"maps\"\n", {"data.file=b/c.fits"}, "/cfg/run.v2.toml");
  BOOST_TEST(inputs.path("prior.spectrum") == "/cfg/cl.txt");
  BOOST_TEST(inputs.path("output.folder") == "/cfg/maps");
  BOOST_TEST(inputs.path("data.file") == "b/c.fits");
  BOOST_TEST(inputs.folder("data.file") == "");
  BOOST_TEST(inputs.text("output.name") == "run.v2");
  BOOST_TEST(massmap(minimal, {}, "cfg/run.toml").path("output.folder") == ".");
  BOOST_TEST(massmap("[data]\nfile = \"/a.fits\"\n[prior]\nkind = \"flat\"", {}, "cfg/x.toml").path("data.file") ==
             "/a.fits");
}

BOOST_AUTO_TEST_CASE(settings_win_and_are_toml_or_words) {
  const auto inputs =
      massmap(minimal, {"grid.nx=12", "grid.nx=13", " grid.ny = 0x10 ", "grid.center_deg=[-1, -2.5]", "data.e1=g1",
                        "data.e2=\"g 2\"", "data.weight=", "data.m=m_col", "data.select=[\"z,0.2,1\", 'mag,,25']",
                        "data.file=a=b c.fits", "output.name=2024", "solver.rtol=1e-8", "data.c1=-0.001",
                        "data.flip_e1=true", "output.fits=false"});
  BOOST_TEST(inputs.integer("grid.nx") == 13);
  BOOST_TEST(inputs.integer("grid.ny") == 16);
  BOOST_TEST((inputs.numbers("grid.center_deg") == std::vector<double>{-1, -2.5}));
  BOOST_TEST(inputs.text("data.e1") == "g1");
  BOOST_TEST(inputs.text("data.e2") == "g 2");
  BOOST_TEST(inputs.text("data.weight") == "");
  BOOST_TEST(inputs.text("data.m") == "m_col");
  BOOST_TEST(inputs.texts("data.select").size() == 2u);
  BOOST_TEST(inputs.path("data.file") == "a=b c.fits");
  BOOST_TEST(inputs.text("output.name") == "2024");
  BOOST_TEST(inputs.number("solver.rtol") == 1e-8);
  BOOST_TEST(inputs.number("data.c1") == -0.001);
  BOOST_TEST(inputs.flag("data.flip_e1"));
  BOOST_TEST(!inputs.flag("output.fits"));
  BOOST_TEST(massmap(minimal, {"data.m=0.02"}).number("data.m") == 0.02);
}

BOOST_AUTO_TEST_CASE(keys_that_do_not_count_are_noted) {
  const auto inputs = massmap(minimal + "[solver]\nmethod = \"kaiser-squires\"\nrtol = 1e-3\n[posterior]\nseed = 3\n");
  BOOST_TEST(!inputs.counts("solver.rtol"));
  BOOST_TEST(!inputs.counts("prior.spectrum"));
  BOOST_TEST(inputs.counts("posterior.seed"));
  const auto notes = inputs.notes();
  BOOST_REQUIRE(notes.size() == 2u);
  BOOST_TEST(notes[0].find("run.toml:4:12: [prior] spectrum is not used") != std::string::npos, notes[0]);
  BOOST_TEST(notes[1].find("run.toml:7:8: [solver] rtol is not used") != std::string::npos, notes[1]);
  BOOST_TEST(notes[1].find("\"wiener\" or \"null-b\"") != std::string::npos, notes[1]);
}

BOOST_AUTO_TEST_CASE(maps_and_their_files) {
  const std::string flat = "[prior]\nkind = \"flat\"\n";
  const auto one = massmap(flat + "[data]\nkind = \"maps\"\nfile = \"m.h5\"\nnoise_sd = 0.3\n");
  BOOST_TEST(one.text("data.gamma1") == "gamma1");
  BOOST_TEST(one.notes().empty());
  const auto own = massmap(
      flat + "[data]\nkind = \"maps\"\ngamma1 = \"g1.fits\"\ngamma2 = \"m.h5:g2\"\nnoise_variance = \"v.fits\"\n");
  BOOST_TEST(!own.has("data.file"));
  const auto direct = massmap("[data]\nkind = \"maps\"\nfile = \"m.h5\"\n[solver]\nmethod = \"kaiser-squires\"\n");
  BOOST_TEST(!direct.has("data.noise_sd"));
}

BOOST_AUTO_TEST_CASE(echo_parses_back_to_the_same) {
  const std::string text = minimal + "[grid]\npixel_arcmin = 0.1\nnx = 7\ncenter_deg = [1e-17, -0.3333333333333333]\n";
  const std::vector<std::string> settings{"data.e1=a\"b\\c\td\x01é", "data.mask_file=m/mask.fits", "solver.rtol=3e-7",
                                          "data.select=[\"z,1,2\", \"a#b,,3\"]", "data.m=bias"};
  for (const char* fileName : {"run.toml", "cfg/run.toml", "/a/b/run.toml", "../run.toml"}) {
    const auto first = massmap(text, settings, fileName);
    const auto echo = first.echo();
    const auto second = massmap(echo, {}, fileName);
    BOOST_TEST(echo.find("rtol = 3e-07  # --set") != std::string::npos, echo);
    BOOST_TEST(echo.find("nx = 7  # line 7") != std::string::npos, echo);
    BOOST_TEST(echo.find("# ny: not given") != std::string::npos, echo);
    BOOST_TEST(echo.find("iterations = 1000  # default") != std::string::npos, echo);
    for (const auto& key : keysOf(Program::Massmap)) {
      const auto name = key.fullName();
      BOOST_REQUIRE_MESSAGE(first.has(name) == second.has(name), name);
      if (!first.has(name)) continue;
      const auto same = [&](const auto& get) { BOOST_TEST((get(first) == get(second)), name); };
      switch (key.type) {
        case KeyType::Flag:
          same([&](const Inputs& i) { return i.flag(name); });
          break;
        case KeyType::Integer:
          same([&](const Inputs& i) { return i.integer(name); });
          break;
        case KeyType::Number:
          same([&](const Inputs& i) { return i.number(name); });
          break;
        case KeyType::Text:
          same([&](const Inputs& i) { return i.text(name); });
          break;
        case KeyType::Path:
          same([&](const Inputs& i) {
            const auto path = std::filesystem::absolute(i.path(name)).lexically_normal();
            return path.has_filename() ? path : path.parent_path();
          });
          break;
        case KeyType::Numbers:
        case KeyType::NumberOrNumbers:
          same([&](const Inputs& i) { return i.numbers(name); });
          break;
        case KeyType::Texts:
          same([&](const Inputs& i) { return i.texts(name); });
          break;
        case KeyType::NumberOrText:
          BOOST_REQUIRE(first.isText(name) == second.isText(name));
          if (first.isText(name))
            same([&](const Inputs& i) { return i.text(name); });
          else
            same([&](const Inputs& i) { return i.number(name); });
          break;
        case KeyType::NumbersOrText:
          BOOST_REQUIRE(first.isText(name) == second.isText(name));
          if (first.isText(name))
            same([&](const Inputs& i) { return i.text(name); });
          else
            same([&](const Inputs& i) { return i.numbers(name); });
          break;
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(simulate) {
  const auto inputs = Inputs::parseText(Program::Simulate, R"(
[grid]
pixel_arcmin = 0.5
nx = 64
ny = 32
[sky]
spectrum_model = "power-law"
amplitude = 1e-9
slope = -1.5
[haloes]
ra = [0.1, -0.1]
dec = [0, 0.05]
m200_1e14_msun = [3, 8]
concentration = [4, 5]
redshift = [0.3, 0.2]
)",
                                        "mock.toml");
  BOOST_TEST((inputs.numbers("haloes.m200_1e14_msun") == std::vector<double>{3, 8}));
  BOOST_TEST(inputs.text("output.name") == "mock");
  BOOST_TEST(inputs.number("sky.slope") == -1.5);
}
