#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace lacuna {

/// The nearest of the candidates: one that the word begins, or else the one of least edit distance; empty if that is
/// more than 2 edits and more than a third of the word.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// What to say about a key that does not exist: "did you mean ...?", or what the section holds.
std::string adviceOnKey(Program program, std::string_view section, std::string_view name);
/// The same for a section.
std::string adviceOnSection(Program program, std::string_view section);

}  // namespace lacuna
