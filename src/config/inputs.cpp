#include "config/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "config/check_value.hpp"
#include "config/rules.hpp"
#include "config/suggest.hpp"
#include "config/toml_reader.hpp"
#include "config/utf8.hpp"

namespace lacuna {
namespace {

Error badConfig(const std::string& text) { return Error(ExitCode::BadConfig, text); }

/// A name as a user wrote it, safe to print.
std::string shown(std::string_view name) {
  const std::string quoted = tomlText(Value(clipped(name, 60)));
  const bool plain = !name.empty() && name.size() <= 60 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  return plain ? std::string(name) : quoted;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The value of a --set: TOML; what does not parse and does not look like TOML is a string as it stands, and so is
/// what a key that only holds strings is given without quotes.
TomlValue settingValue(const Key& key, std::string_view word) {
  const bool quoted = word.starts_with('"') || word.starts_with('\'');
  TomlValue bare;
  bare.kind = TomlValue::Kind::Text;
  bare.text = word;
  if ((key.type == KeyType::Text || key.type == KeyType::Path) && !quoted) return bare;
  try {
    const auto parsed = readToml("value=" + std::string(word));
    if (parsed.size() != 1 || parsed[0].value.kind == TomlValue::Kind::Table) throw TomlError({}, "not one value");
    return parsed[0].value;
  } catch (const TomlError&) {
    if (quoted || word.starts_with('[') || word.starts_with('{')) throw;
    return bare;
  }
}

}  // namespace

Inputs::Inputs(Program program, std::string fileName) : program_(program), fileName_(std::move(fileName)) {
  for (const auto& key : keysOf(program)) {
    Entry entry;
    entry.key = &key;
    entries_.push_back(std::move(entry));
  }
}

Inputs Inputs::parseText(Program program, std::string_view text, const std::string& fileName,
                         const std::vector<std::string>& settings) {
  Inputs inputs(program, fileName);
  inputs.readFile(text);
  for (const auto& setting : settings) inputs.readSetting(setting);
  inputs.setDefaults();
  inputs.rejectMissing();
  checkRules(inputs);
  return inputs;
}

void Inputs::readFile(std::string_view text) {
  const auto at = [&](TextPosition p) { return fmt::format("{}:{}:{}: ", fileName_, p.line, p.column); };
  std::vector<TomlSection> sections;
  try {
    sections = readToml(text);
  } catch (const TomlError& e) {
    throw badConfig(at(e.at) + e.what());
  }
  const auto known = sectionsOf(program_);
  for (const auto& section : sections) {
    const bool isKnown = std::ranges::find(known, section.name) != known.end();
    if (section.value.kind != TomlValue::Kind::Table && !isKnown)
      throw badConfig(fmt::format("{}key {} outside any section: {}", at(section.at), shown(section.name),
                                  adviceOnKey(program_, {}, section.name)));
    if (section.value.kind != TomlValue::Kind::Table)
      throw badConfig(
          fmt::format("{}[{}] is a section and cannot be {}", at(section.at), section.name, section.value.found()));
    if (const Key* key = isKnown ? nullptr : findKey(program_, section.name))
      throw badConfig(fmt::format("{}[{}] {}: found a table; must be {}", at(section.at), key->section, key->name,
                                  allowedText(*key)));
    const auto dot = section.name.find('.');
    const std::string outer = dot == std::string::npos ? "" : section.name.substr(0, dot);
    if (!isKnown && std::ranges::find(known, outer) != known.end())
      throw badConfig(fmt::format("{}unknown key {} in [{}]: {}", at(section.at), shown(section.name.substr(dot + 1)),
                                  outer, adviceOnKey(program_, outer, section.name.substr(dot + 1))));
    if (!isKnown)
      throw badConfig(fmt::format("{}unknown section [{}]: {}", at(section.at), shown(section.name),
                                  adviceOnSection(program_, section.name)));
    for (const auto& [name, position, value] : section.entries) {
      const Key* key = findKey(program_, section.name + "." + name);
      if (!key)
        throw badConfig(fmt::format("{}unknown key {} in [{}]: {}", at(position), shown(name), section.name,
                                    adviceOnKey(program_, section.name, name)));
      try {
        set(*key, checkValue(*key, value), Origin::File, value.at.line, value.at.column);
      } catch (const TomlError& e) {
        throw badConfig(fmt::format("{}[{}] {}: {}", at(e.at), key->section, key->name, e.what()));
      }
    }
  }
}

void Inputs::readSetting(const std::string& setting) {
  std::size_t good = 0;
  for (std::size_t n; (n = utf8Length(std::string_view(setting).substr(good))) > 0;) good += n;
  if (good < setting.size())
    throw Error(ExitCode::Usage,
                fmt::format("--set {}...: what follows is not UTF-8", clipped(setting.substr(0, good))));
  const std::string where = fmt::format("--set {}: ", clipped(setting, 120));
  const auto equals = setting.find('=');
  if (equals == std::string::npos)
    throw Error(ExitCode::Usage, where + "must be --set section.key=value (quote it for the shell where needed)");
  const std::string name(trimmed(std::string_view(setting).substr(0, equals)));
  const Key* key = findKey(program_, name);
  if (!key) {
    const auto sections = sectionsOf(program_);
    auto dot = name.rfind('.');  // of [prior.space] the last one counts
    if (dot != std::string::npos && std::ranges::find(sections, name.substr(0, dot)) == sections.end())
      dot = name.find('.');
    const std::string section = dot == std::string::npos ? "" : name.substr(0, dot);
    if (!section.empty() && std::ranges::find(sections, section) == sections.end())
      throw badConfig(
          fmt::format("{}unknown section [{}]: {}", where, shown(section), adviceOnSection(program_, section)));
    const std::string last = dot == std::string::npos ? name : name.substr(dot + 1);
    throw badConfig(fmt::format("{}unknown key {}: {}", where, shown(last), adviceOnKey(program_, section, last)));
  }
  try {
    const auto value = settingValue(*key, trimmed(std::string_view(setting).substr(equals + 1)));
    set(*key, checkValue(*key, value), Origin::CommandLine, 0, 0);
  } catch (const TomlError& e) {
    throw badConfig(fmt::format("{}[{}] {}: {}", where, key->section, key->name, e.what()));
  }
}

void Inputs::set(const Key& key, Value value, Origin origin, std::size_t line, std::size_t column) {
  auto& entry = entries_[static_cast<std::size_t>(&key - keysOf(program_).data())];
  entry.value = std::move(value);
  entry.origin = origin;
  entry.line = line;
  entry.column = column;
}

void Inputs::setDefaults() {
  for (auto& entry : entries_)
    if (entry.origin == Origin::Default && (entry.key->rival.empty() || !given(entry.key->rival)))
      entry.value = entry.key->standard;
  if (!has("output.name")) {
    const Key& name = *entry("output.name").key;
    set(name, std::filesystem::path(fileName_).stem().string(), Origin::Default, 0, 0);
  }
}

void Inputs::rejectMissing() const {
  for (const auto& entry : entries_) {
    const Key& key = *entry.key;
    if (!key.required || has(key.fullName()) || !counts(key.fullName())) continue;
    const std::string because =
        key.when.key.empty() ? "" : fmt::format(" ({} is {})", key.when.key, tomlText(Value(text(key.when.key))));
    throw badConfig(fmt::format("{}: missing key {} in [{}], {}{}: {}", fileName_, key.name, key.section,
                                allowedText(key), because, key.doc));
  }
}

const Inputs::Entry& Inputs::entry(std::string_view key) const {
  const Key* found = findKey(program_, key);
  if (!found) throw std::logic_error(fmt::format("Inputs: {} has no key {}", programName(program_), key));
  return entries_[static_cast<std::size_t>(found - keysOf(program_).data())];
}

template <class T>
const T& Inputs::get(std::string_view key) const {
  const Entry& found = entry(key);
  if (const T* value = std::get_if<T>(&found.value)) return *value;
  const bool empty = std::holds_alternative<std::monostate>(found.value);
  throw std::logic_error(
      fmt::format("Inputs: {} {}", key, empty ? "has no value: ask has()" : "is asked for by another type"));
}

bool Inputs::flag(std::string_view key) const { return get<bool>(key); }
std::int64_t Inputs::integer(std::string_view key) const { return get<std::int64_t>(key); }
double Inputs::number(std::string_view key) const { return get<double>(key); }
const std::vector<double>& Inputs::numbers(std::string_view key) const { return get<std::vector<double>>(key); }
const std::vector<std::string>& Inputs::texts(std::string_view key) const { return get<std::vector<std::string>>(key); }

const std::string& Inputs::text(std::string_view key) const {
  if (entry(key).key->type == KeyType::Path)
    throw std::logic_error(fmt::format("Inputs: {} is a path: ask path()", key));
  return get<std::string>(key);
}

std::filesystem::path Inputs::path(std::string_view key) const { return folder(key) / get<std::string>(key); }

std::filesystem::path Inputs::folder(std::string_view key) const {
  return entry(key).origin == Origin::File ? std::filesystem::path(fileName_).parent_path() : std::filesystem::path();
}

bool Inputs::given(std::string_view key) const { return entry(key).origin != Origin::Default; }
bool Inputs::has(std::string_view key) const { return !std::holds_alternative<std::monostate>(entry(key).value); }
bool Inputs::isText(std::string_view key) const { return std::holds_alternative<std::string>(entry(key).value); }

bool Inputs::counts(std::string_view key) const {
  const Condition& when = entry(key).key->when;
  if (when.key.empty()) return true;
  if (!counts(when.key) || !has(when.key)) return false;
  return std::ranges::find(when.values, text(when.key)) != when.values.end();
}

std::string Inputs::place(const Entry& entry) const {
  switch (entry.origin) {
    case Origin::File:
      return fmt::format("{}:{}:{}", fileName_, entry.line, entry.column);
    case Origin::CommandLine:
      return "--set " + entry.key->fullName();
    case Origin::Default:
      break;
  }
  return fileName_;
}

Error Inputs::bad(std::string_view key, const std::string& why) const {
  const Entry& found = entry(key);
  const std::string value = has(key) ? " = " + clipped(tomlText(found.value)) : "";
  return badConfig(fmt::format("{}: [{}] {}{}: {}", place(found), found.key->section, found.key->name, value, why));
}

std::vector<std::string> Inputs::notes() const {
  std::vector<std::string> lines;
  for (const auto& entry : entries_) {
    const Key& key = *entry.key;
    if (!given(key.fullName()) || counts(key.fullName())) continue;
    std::string values;
    for (const auto& value : key.when.values) values += (values.empty() ? "" : " or ") + tomlText(Value(value));
    lines.push_back(fmt::format("{}: [{}] {} is not used: it counts only where {} = {}", place(entry), key.section,
                                key.name, key.when.key, values));
  }
  return lines;
}

}  // namespace lacuna
