#include "config/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"

namespace lacuna {
namespace {

constexpr std::size_t longestWord = 64;  // the distance costs |a| |b|, and a "word" may have a million letters

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::vector<std::string> namesIn(Program program, std::string_view section) {
  std::vector<std::string> names;
  for (const auto& key : keysOf(program))
    if (key.section == section) names.push_back(key.name);
  return names;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > longestWord) return {};
  for (const auto& candidate : candidates)
    if (word.size() >= 3 && candidate.starts_with(word)) return candidate;  // "pixel" for pixel_arcmin
  for (const auto& candidate : nearestNames(word, candidates, candidates.size())) {
    const std::size_t distance = editDistance(word, candidate);
    if (distance > std::max<std::size_t>(2, word.size() / 3)) break;
    // A word of one or two letters is near to everything: at least one letter must stay.
    if (distance < std::max(word.size(), candidate.size())) return candidate;
  }
  return {};
}

std::string adviceOnKey(Program program, std::string_view section, std::string_view name) {
  const auto names = namesIn(program, section);
  for (const auto& key : keysOf(program))
    if (key.name == name) return fmt::format("it belongs to [{}]", key.section);
  if (const auto near = nearest(name, names); !near.empty()) return fmt::format("did you mean {}?", near);
  std::vector<std::string> all;
  for (const auto& key : keysOf(program)) all.push_back(key.name);
  if (const auto near = nearest(name, all); !near.empty())
    for (const auto& key : keysOf(program))
      if (key.name == near) return fmt::format("did you mean {} of [{}]?", near, key.section);
  return names.empty() ? "--help-keys lists the keys" : fmt::format("[{}] has {}", section, joined(names));
}

std::string adviceOnSection(Program program, std::string_view section) {
  const auto sections = sectionsOf(program);
  if (const auto near = nearest(section, sections); !near.empty()) return fmt::format("did you mean [{}]?", near);
  for (const auto other : allPrograms)
    if (other != program && !namesIn(other, section).empty()) return fmt::format("it is for {}", programName(other));
  return fmt::format("the sections are {}", joined(sections));
}

}  // namespace lacuna
