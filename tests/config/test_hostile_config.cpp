/// Texts that a TOML parser must not see, or must survive.
#include <cstdint>

#include "config/precheck.hpp"
#include "config/toml_reader.hpp"
#include "config/utf8.hpp"
#include "config_testing.hpp"

using namespace lacuna;

namespace {

void bad(const std::string& text, const std::vector<std::string>& fragments) {
  expectError(ExitCode::BadConfig, fragments, [&] { massmap(text); });
}
std::string repeated(const std::string& part, std::size_t n) {
  std::string out;
  while (n-- > 0) out += part;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(characters) {
  bad(minimal + "[grid]\nnx\xC3\xA9 = 1\n", {"run.toml:6:3: ", "'é'", "only ASCII"});
  bad("[d\xC3\xA4ta]\n", {"run.toml:1:3"});
  // Columns are characters: the string before has 4 bytes in 2 characters.
  bad("a = \"\xC3\xA9\xC3\xA9\" \xC3\xA9\n", {"run.toml:1:10"});
  bad(std::string("[data]\nfile = \"a\0b\"\n", 20), {"run.toml:2:10: a NUL byte"});
  bad("[data]\nfile = \"a\xFFz\"\n", {"run.toml:2:10", "UTF-8"});
  bad("[data]\n# caf\xE9\n", {"run.toml:2:6", "UTF-8"});
  bad("\xFF\xFE[\0d\0", {"run.toml:1:1", "UTF-8"});  // UTF-16
  bad("x\xEF\xBB\xBF", {"run.toml:1:2"});            // a byte order mark is one at the start only
  bad("\xE2\x80\x9C"
      "data\xE2\x80\x9D = 1\n",
      {"run.toml:1:1"});                                   // typographic quotes
  bad("[data]\nfile\xC2\xA0= \"a\"\n", {"run.toml:2:5"});  // no-break space
  bad("[data]\nfile = \"a\" # x\n\x01 = 3\n", {"run.toml:3:"});
}

BOOST_AUTO_TEST_CASE(strings_where_none_can_be) {
  // The parser reads a number or a word up to its end, whatever is in it.
  for (const char* value : {"8\"\"\"\xC8\x9A", "8'\xC3\xA9'", "8[\"\xC3\xA9\"]", "8{b=\"\xC3\xA9\"}", "1.\"\xC3\xA9\"",
                            "[1, 2\"\xC3\xA9\"]", "\"a\"\"\xC3\xA9\"", "{}\"\xC3\xA9\""})
    bad(std::string("a = ") + value + "\n", {"run.toml:1:", "where no key and no value can begin"});
  for (const char* value : {"b=\"\xC3\xA9\"", "=\"\xC3\xA9\"", "[1=\"\xC3\xA9\"]", "{b=1=\"\xC3\xA9\"}"})
    bad(std::string("a = ") + value + "\n", {"run.toml:1:", "a second '=' in one value"});
  bad("[data]\nfile = {x = \"\xC3\xA9\", y = [\"\xC3\xA9\"]}\n", {"run.toml:2:"});  // well written, of the wrong type
  bad("a = \"\"\"b \\\n \xC3\xA9\"\"\"\n", {"run.toml:1:10: a backslash whose next"});
  const auto inputs = massmap(minimal + "[output]\nname = \"\"\"a\"\"\"\"\"\n");  // ends in two quotes
  BOOST_TEST(inputs.text("output.name") == "a\"\"");
}

BOOST_AUTO_TEST_CASE(words_of_the_command_line) {
  expectError(ExitCode::Usage, {"--set data.file=caf...: what follows is not UTF-8"},
              [] { massmap(minimal, {"data.file=caf\xE9.fits"}); });
  expectError(ExitCode::Usage, {"--set ...: what follows"}, [] { massmap(minimal, {"\xB1|i0[data]"}); });
}

BOOST_AUTO_TEST_CASE(section_headers) {
  for (const char* header :
       {"[=]", "[.a]", "[ .a]", "[[=", "[[ #]]", "[\n", "[\r\n", "[+1]", "[,]", "[[[a]]]", "[{a}]"})
    bad(minimal + "  " + header, {"run.toml:"});
  for (const char* header : {"[", "[[", "[]", "[[]]", "[ ]", "[a.]", "[a", "[a=]", "[a]]", "[[a]", "[a] [=]", "x [=]"})
    bad(minimal + header, {"run.toml:5:"});
  // At the start of a line, but inside a list.
  const auto inputs = massmap(minimal + "[grid]\ncenter_deg = [ # [=]\n  +1,\n 2 ]\n");
  BOOST_TEST((inputs.numbers("grid.center_deg") == std::vector<double>{1, 2}));
  bad(minimal + "[grid]\ncenter_deg = [\n [+1], '[=]',\n [ # x\n]]\n", {"found a list of 3"});
}

BOOST_AUTO_TEST_CASE(dates) {
  for (const char* date :
       {"00:", "00:x", "0:0", "2020-", "2020-1", "2020-01-01T", "2020-01-01T1", "2020-01-01T00:00:00+", "99:99:99"})
    bad(minimal + "[grid]\nnx = " + date + "\n", {"run.toml:6:"});
}

BOOST_AUTO_TEST_CASE(strings_and_comments_may_hold_anything) {
  const std::string text =
      "# \xE2\x82\xAC \"open\n[data]\nfile = \"\xE2\x82\xAC\\\"\xC3\xA9\" # ' \xC3\xA9\n"
      "ra = '\xC3\xA9\\'\ndec = \"\"\"\xC3\xA9 \"\" \\\"\"\" \xC3\xA9\"\"\"\ne1 = '''\xC3\xA9 ' \"\"\" \xC3\xA9'''\n"
      "[prior]\nkind = \"flat\"\n";
  const auto inputs = massmap(text);
  BOOST_TEST(inputs.path("data.file").string() == "\xE2\x82\xAC\"\xC3\xA9");
  BOOST_TEST(inputs.text("data.ra") == "\xC3\xA9\\");
  BOOST_TEST(inputs.text("data.dec") == "\xC3\xA9 \"\" \"\"\" \xC3\xA9");
  BOOST_TEST(inputs.text("data.e1") == "\xC3\xA9 ' \"\"\" \xC3\xA9");
}

BOOST_AUTO_TEST_CASE(utf8) {
  BOOST_TEST(isUtf8("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\x8C\xED\x9F\xBF\xF4\x8F\xBF\xBF"));
  for (const char* wrong : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xE2\x28\xA1", "\xFE"})
    BOOST_TEST(!isUtf8(wrong));
  BOOST_TEST(clipped("ab\xC3\xA9", 3) == "ab...");
  BOOST_TEST(clipped("ab\xC3\xA9", 4) == "ab\xC3\xA9");
}

BOOST_AUTO_TEST_CASE(sizes) {
  bad(std::string(2 << 20, ' '), {"run.toml:1:1", "1 MiB"});
  bad(std::string((1 << 20) + 1, '\n'), {"1 MiB"});
  bad(std::string(1 << 20, '\n'), {"[data] file: missing"});
}

BOOST_AUTO_TEST_CASE(depth) {
  for (const std::size_t n : {300u, 100000u, 500000u}) {
    bad("a = " + repeated("[", n), {"run.toml:1:"});
    bad(repeated("a={", n / 2), {"run.toml:1:"});
    bad(repeated("a.", n) + "a = 1", {"run.toml:1:32: a key of too many parts"});
    bad(repeated("[", 1) + repeated("a.", n) + "a]", {"run.toml:1:33: a key of too many parts"});
  }
  // As many parts as pass, nested as often as passes.
  const std::string key = repeated("a.", 15) + "a=";
  bad(repeated(key + "{", 255) + "x=1" + repeated("}", 255), {"run.toml:1:"});
  bad("[grid]\ncenter_deg = [" + repeated("1.5, ", 1000) + "1.5]\n", {"found a list of 1001"});
}

/// Deterministic mutations of good texts: anything may come out but a crash, a hang, or an exception that is no Error.
BOOST_AUTO_TEST_CASE(mutations) {
  const std::string seedText = minimal +
                               "[grid]\ncenter_deg = [1.5, -2e3]\nnx=0x1F\n[data.x]\na.b = {c = 1, d = '''x'''}\n"
                               "[[y]]\nd = 2020-01-01T00:00:00Z # \xC3\xA9\ns = \"\\u00e9\\n\"\n";
  const std::string pieces = "\"'[]{}=.#\n\r\t\\,-+eE_0123456789abcxTZ: \xC3\xA9\xFF";
  std::uint64_t state = 1;
  const auto random = [&](std::size_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % n;
  };
  int accepted = 0, refused = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text = seedText;
    for (std::size_t change = random(6) + 1; change-- > 0;) {
      const std::size_t at = random(text.size());
      switch (random(4)) {
        case 0:
          text[at] = pieces[random(pieces.size())];
          break;
        case 1:
          text.insert(at, 1, pieces[random(pieces.size())]);
          break;
        case 2:
          text.erase(at, random(8) + 1);
          break;
        default:
          text.insert(at, text.substr(random(text.size()), random(20)));
      }
      if (text.empty()) text.push_back('x');
    }
    try {
      readToml(text);
      ++accepted;
    } catch (const TomlError&) {
      ++refused;
    }
    try {
      massmap(text, {"grid.center_deg=" + text.substr(0, 40)});
    } catch (const Error& e) {
      BOOST_REQUIRE(e.code() == ExitCode::BadConfig);
      BOOST_REQUIRE(isUtf8(e.what()));
    }
  }
  BOOST_TEST(accepted > 100);
  BOOST_TEST(refused > 100);
}
