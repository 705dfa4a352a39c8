#pragma once
#include <string>
#include <string_view>

namespace lacuna {

/// Bytes of the UTF-8 character at the start of `text`; 0 if it is not one.
std::size_t utf8Length(std::string_view text);
/// Whether a byte continues a character.
bool isUtf8Tail(char c);
bool isUtf8(std::string_view text);

/// At most `limit` bytes of a text for a message, cut between characters.
std::string clipped(std::string_view text, std::size_t limit = 80);

}  // namespace lacuna
