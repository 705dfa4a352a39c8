#pragma once
/// Text of unknown origin (names in files, lines of input) made fit for a terminal. Needs neither MPI nor PETSc.
#include <string>
#include <string_view>

namespace lacuna {

/// Control characters but the end of a line become \\xNN (escape sequences would reach the terminal); at most `limit`
/// bytes, then "...".
inline std::string printable(std::string_view text, std::size_t limit = 8000) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (out.size() >= limit) return out + "...";
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n' || (c >= 0x20 && c != 0x7f))
      out += text[i];
    else
      out.append("\\x").append(1, digits[c >> 4]).append(1, digits[c & 15]);
  }
  return out;
}

}  // namespace lacuna
