#include "config/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace lacuna {
namespace {

constexpr std::size_t longestWord = 64;  // the distance costs |a| |b|, and a "word" may have a million letters

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

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

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> older(b.size() + 1), old(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    older.swap(old);
    old.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = lower(a[i - 1]) != lower(b[j - 1]);
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + differs});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > longestWord) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = editDistance(word, candidate);
    // A word of one or two letters is near to everything: at least one letter must stay.
    if (distance < least && distance < std::max(word.size(), candidate.size())) {
      least = distance;
      best = candidate;
    }
  }
  return best;
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
