#include "config/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/keys.hpp"
#include "config/utf8.hpp"

// toml++ 3.3 asserts on what only the text decides ("[=]", "a = 00:x"): debug builds would abort, and clang's release
// builds take the assertion for granted. The code behind them handles such texts: no assertions in any build.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#include <toml++/toml.h>

namespace lacuna {
namespace {

TextPosition position(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

TomlValue convert(const toml::node& node) {
  TomlValue value;
  value.at = position(node.source());
  if (const auto* flag = node.as_boolean()) {
    value.kind = TomlValue::Kind::Flag;
    value.flag = flag->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::Integer;
    value.integer = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    value.kind = TomlValue::Kind::Number;
    value.number = number->get();
  } else if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::Text;
    value.text = text->get();
  } else if (const auto* list = node.as_array()) {
    value.kind = TomlValue::Kind::List;
    for (const auto& item : *list) value.items.push_back(convert(item));
  } else if (!node.is_table()) {
    value.kind = TomlValue::Kind::Date;
  }
  return value;
}

/// [prior.space] is a section of its own; a table in braces is a value.
bool isSection(const toml::node& node) {
  const auto* table = node.as_table();
  return table && !table->is_inline();
}

/// A table as a section of its keys, and the tables in it as further sections, "outer.inner".
void addSections(const std::string& name, const TextPosition& at, const toml::node& node,
                 std::vector<TomlSection>& sections) {
  TomlSection section{name, at, convert(node), {}};
  bool onlySections = false;
  if (const auto* table = node.as_table()) {
    onlySections = !table->empty();
    for (const auto& [key, inner] : *table) {
      if (isSection(inner)) {
        addSections(name + "." + std::string(key.str()), position(key.source()), inner, sections);
        continue;
      }
      onlySections = false;
      section.entries.push_back({std::string(key.str()), position(key.source()), convert(inner)});
    }
  }
  if (!onlySections) sections.push_back(std::move(section));
}

constexpr auto before = [](const auto& a, const auto& b) {
  return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
};

}  // namespace

std::string TomlValue::found() const {
  switch (kind) {
    case Kind::Flag:
      return flag ? "true" : "false";
    case Kind::Integer:
      return fmt::format("the integer {}", integer);
    case Kind::Number:
      return fmt::format("the number {}", tomlText(number));
    case Kind::Text:
      return fmt::format("the string {}", tomlText(clipped(text)));
    case Kind::List:
      return items.empty() ? "an empty list" : fmt::format("a list of {}", items.size());
    case Kind::Table:
      return "a table";
    case Kind::Date:
      return "a date or time";
  }
  return "nothing";
}

std::vector<TomlSection> readToml(std::string_view text) {
  if (const auto fault = precheck(text)) throw TomlError(fault->at, fault->why);
  try {
    const toml::table root = toml::parse(text);
    std::vector<TomlSection> sections;
    for (const auto& [name, node] : root) addSections(std::string(name.str()), position(name.source()), node, sections);
    for (auto& section : sections) std::ranges::stable_sort(section.entries, before);
    std::ranges::stable_sort(sections, before);
    return sections;
  } catch (const toml::parse_error& e) {
    throw TomlError(position(e.source()), std::string(e.description()));
  }
}

}  // namespace lacuna
