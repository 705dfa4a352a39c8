#pragma once
/// What a text must be before a TOML parser may see it.
#include <optional>
#include <string>
#include <string_view>

namespace lacuna {

inline constexpr std::size_t maxConfigBytes = std::size_t{1} << 20;

/// A place in a text; both count from 1, columns in characters (not bytes).
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};

struct TextFault {
  TextPosition at;
  std::string why;
};

/// The first thing wrong with a TOML text, if any: more than 1 MiB, a NUL, bytes that are not UTF-8, a character
/// outside ASCII that is neither in a string nor in a comment, a key of more than 16 parts (parsers recurse on them).
std::optional<TextFault> precheck(std::string_view text);

}  // namespace lacuna
