#include "config/keys_doc.hpp"

#include <fmt/format.h>

#include "config/check_value.hpp"

namespace lacuna {
namespace {

constexpr std::size_t pageWidth = 100;

std::string conditionText(const Condition& when, std::string_view quote) {
  if (when.key.empty()) return {};
  std::string values;
  for (const auto& value : when.values)
    values += fmt::format("{}{}\"{}\"{}", values.empty() ? "" : " or ", quote, value, quote);
  return fmt::format("{}{}{} = {}", quote, when.key, quote, values);
}

std::string defaultText(const Key& key, std::string_view quote) {
  if (key.required) return "required";
  if (!key.standardDoc.empty()) return key.standardDoc;
  const std::string value = tomlText(key.standard);
  return value.empty() ? "none" : fmt::format("{}{}{}", quote, value, quote);
}

/// A cell of a table must not end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

constexpr std::string_view introduction = R"(# Keys of the configuration files

Generated from the table of keys in `src/config`; `lacuna-X --help-keys` prints the same.

A configuration is [TOML](https://toml.io): `[section]` lines and `key = value` lines, `#` starts a comment. UTF-8, at most
1 MiB; outside strings and comments only ASCII.

- A key or section that is not listed here stops the run (exit code 78) with file, line, column and the nearest known name;
  so does a value of another type, out of range, NaN or infinite, and a key given twice.
- An integer is accepted where a number is wanted; an integer must be written without decimal point and exponent.
- A path in the file is relative to the folder of the file. A path in `--set`, and a default, is relative to the working
  directory. A leading `~` is not expanded.
- A key that does not count in a run (its *Only with* does not hold) is checked all the same, and a note names it.
- `--set section.key=value` wins over the file; the last one wins over those before. The value is TOML
  (`--set 'grid.center_deg=[150.1, 2.2]'`); a word that is not TOML is a string (`--set data.e1=g1`), and strings and paths
  need no quotes (`--set output.name=2024`).
- Every product holds all settings, defaults included, as TOML (`/config`, attribute `toml`), each with where it came from.
)";

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out, line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
    if (!line.empty()) line += ' ';
    line += word;
  }
  flush();
  return out;
}

std::string helpKeys(Program program) {
  std::string out = fmt::format("Keys of {}, as in docs/inputs.md\n", programName(program));
  std::string section;
  for (const auto& key : keysOf(program)) {
    if (key.section != section) {
      section = key.section;
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("  {}\n", key.name);
    std::string facts = allowedText(key);
    if (!key.unit.empty()) facts += fmt::format(" [{}]", key.unit);
    facts += key.required ? "; required" : "; default: " + defaultText(key, "");
    if (!key.when.key.empty()) facts += "; only with " + conditionText(key.when, "");
    out += wrapped(facts, 6, pageWidth) + wrapped(key.doc, 6, pageWidth);
  }
  return out;
}

std::string keysMarkdown() {
  std::string out(introduction);
  for (const Program program : allPrograms) {
    out += fmt::format("\n## {}\n\n{}\n", programName(program), programDoc(program));
    std::string section;
    for (const auto& key : keysOf(program)) {
      if (key.section != section) {
        section = key.section;
        out += fmt::format(
            "\n### [{}]\n\n| Key | Value | Unit | Default | Only with | Meaning |\n|---|---|---|---|---|---|\n",
            section);
      }
      out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.name, cell(allowedText(key)), cell(key.unit),
                         cell(defaultText(key, "`")), cell(conditionText(key.when, "`")), cell(key.doc));
    }
  }
  return out;
}

}  // namespace lacuna
