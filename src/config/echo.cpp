#include <fmt/format.h>

#include <filesystem>

#include "config/inputs.hpp"

namespace lacuna {

namespace fs = std::filesystem;

std::string Inputs::echo() const {
  std::string out = fmt::format("# All settings of {}.\n", programName(program_));
  std::string section;
  for (const auto& entry : entries_) {
    const Key& key = *entry.key;
    if (key.section != section) {
      section = key.section;
      out += fmt::format("\n[{}]\n", section);
    }
    if (!has(key.fullName())) {
      out += fmt::format("# {}: not given\n", key.name);
      continue;
    }
    const std::string origin = entry.origin == Origin::File          ? fmt::format("line {}", entry.line)
                               : entry.origin == Origin::CommandLine ? std::string("--set")
                                                                     : std::string("default");
    out += fmt::format("{} = {}  # {}\n", key.name, tomlText(echoed(entry)), origin);
  }
  return out;
}

std::string Inputs::echoed(std::string_view key) const { return has(key) ? tomlText(echoed(entry(key))) : ""; }

Value Inputs::echoed(const Entry& entry) const {
  const bool isFile = entry.key->type == KeyType::Path;
  if (!isFile || entry.origin == Origin::File) return entry.value;
  // Started at the working directory; in the file it would start at the file's folder.
  const fs::path path = std::get<std::string>(entry.value);
  const fs::path folder = fs::path(fileName_).parent_path();
  if (path.is_absolute() || folder.empty()) return entry.value;
  const fs::path relative = path.lexically_relative(folder);
  return (relative.empty() ? fs::absolute(path) : relative).string();
}

}  // namespace lacuna
