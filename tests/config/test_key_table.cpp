/// The table of keys itself, and what is made of it.
#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "base/nearest.hpp"
#include "config/check_value.hpp"
#include "config/keys_doc.hpp"
#include "config/suggest.hpp"
#include "config/toml_reader.hpp"
#include "config_testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(the_table_is_sound) {
  for (const auto program : allPrograms) {
    std::set<std::string> names, sections;
    std::string section;
    for (const auto& key : keysOf(program)) {
      const auto name = key.fullName();
      BOOST_TEST(names.insert(name).second, name << " stands twice");
      if (key.section != section) BOOST_TEST(sections.insert(key.section).second, key.section << " is in two pieces");
      section = key.section;
      BOOST_TEST(findKey(program, name) == &key);
      BOOST_TEST(key.doc.size() > 10u, name);
      BOOST_TEST(key.doc.ends_with('.'), name);
      BOOST_TEST((!key.required || std::holds_alternative<std::monostate>(key.standard)), name);
      BOOST_TEST(key.range.low < key.range.high, name);
      if (!key.when.key.empty()) {
        const Key* other = findKey(program, key.when.key);
        BOOST_REQUIRE_MESSAGE(other, name);
        for (const auto& value : key.when.values)
          BOOST_TEST((std::ranges::find(other->choices, value) != other->choices.end()), name << " " << value);
      }
    }
    BOOST_TEST(findKey(program, "output_name") == nullptr);
    BOOST_TEST(findKey(program, "output") == nullptr);
    BOOST_TEST(findKey(program, "") == nullptr);
  }
}

/// Every default passes its own key's check, as the text that the documentation shows.
BOOST_AUTO_TEST_CASE(defaults_are_allowed) {
  for (const auto program : allPrograms)
    for (const auto& key : keysOf(program)) {
      const auto text = tomlText(key.standard);
      if (text.empty()) continue;
      const auto sections = readToml("[s]\nv = " + text);
      BOOST_REQUIRE(sections.at(0).entries.size() == 1u);
      BOOST_TEST((checkValue(key, sections[0].entries[0].value) == key.standard), key.fullName());
    }
}

BOOST_AUTO_TEST_CASE(ranges) {
  const Range open{.low = 0, .high = 1, .lowOpen = true, .highOpen = true}, above{.low = 0}, all;
  BOOST_TEST(open.text() == "(0, 1)");
  BOOST_TEST(above.text() == ">= 0");
  BOOST_TEST(all.text() == "");
  BOOST_TEST((!open.contains(0) && !open.contains(1) && open.contains(1e-300) && open.contains(0.5)));
  BOOST_TEST((above.contains(0) && !above.contains(-1e-300)));
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& range : {open, above, all})
    for (const double x : {inf, -inf, nan}) BOOST_TEST(!range.contains(x));
}

BOOST_AUTO_TEST_CASE(numbers_as_toml_keep_their_bits) {
  for (const double x :
       {0.1, 1.0, 1e-6, 1e300, 5e-324, 1.0 / 3, -0.0, 123456789.0, 1e15, 1e16, 1e17, 1.7976931348623157e308}) {
    const auto text = tomlText(x);
    const auto back = readToml("v = " + text).at(0).value;
    BOOST_TEST((back.kind == TomlValue::Kind::Number), text);
    BOOST_TEST(std::memcmp(&back.number, &x, sizeof x) == 0, text);
  }
}

BOOST_AUTO_TEST_CASE(edit_distances) {
  BOOST_TEST(editDistance("kitten", "sitting") == 3u);
  BOOST_TEST(editDistance("", "abc") == 3u);
  BOOST_TEST(editDistance("abc", "") == 3u);
  BOOST_TEST(editDistance("fiel", "file") == 1u);  // a swap
  BOOST_TEST(editDistance("ca", "abc") == 3u);     // optimal string alignment, not full Damerau (2)
  BOOST_TEST(editDistance("NX", "nx") == 0u);
  BOOST_TEST(nearest("smoothing", {"smoothness", "smoothing_arcmin"}) == "smoothing_arcmin");
  BOOST_TEST(nearest("smothness", {"smoothing_arcmin", "smoothness"}) == "smoothness");
  BOOST_TEST(nearest("x", {"nx", "ny"}) == "nx");
  BOOST_TEST(nearest("q", {"nx", "ny"}) == "");
  BOOST_TEST(nearest("", {"nx"}) == "");
  BOOST_TEST(nearest("completely_other", {"nx", "file"}) == "");
}

BOOST_AUTO_TEST_CASE(the_reference_lists_every_key_once_a_program) {
  const std::string text = keysMarkdown();
  std::map<std::string, int> rows, wanted;
  for (const auto program : allPrograms)
    for (const auto& key : keysOf(program)) ++wanted[key.name];
  for (auto at = text.find("\n| `"); at != std::string::npos; at = text.find("\n| `", at + 1))
    ++rows[text.substr(at + 4, text.find('`', at + 4) - at - 4)];
  BOOST_TEST((rows == wanted));
}

BOOST_AUTO_TEST_CASE(wrapping) {
  BOOST_TEST(wrapped("aa bb cc", 2, 7) == "  aa bb\n  cc\n");
  BOOST_TEST(wrapped("aaaaaaaaaa b", 0, 4) == "aaaaaaaaaa\nb\n");
  BOOST_TEST(wrapped("", 2, 7) == "");
}
