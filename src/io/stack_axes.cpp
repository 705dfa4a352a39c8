#include "io/stack_axes.hpp"

#include <algorithm>

#include "base/failure.hpp"
#include "io/window_part.hpp"

namespace lacuna {
namespace {

/// "48 x 130 x 130 (t, y, x)"
std::string shapeText(const StackHeader& header) {
  std::string names;
  for (char c : header.letters) names += (names.empty() ? "" : ", ") + std::string(1, c);
  const bool known = header.letters.find_first_not_of('?') != std::string::npos;
  return extentsText(header.extents) + (known ? " (" + names + ")" : "");
}

void checkLetters(const std::string& wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (std::string("tczyx").find(wanted[i]) == std::string::npos || wanted.find(wanted[i], i + 1) != std::string::npos)
      throw Error(ExitCode::BadConfig, "axes \"" + wanted + "\": the letters are t, c, z, y, x, each at most once");
  if (wanted.find('x') == std::string::npos)
    throw Error(ExitCode::BadConfig,
                "axes \"" + wanted + "\": x is missing (lines are \"x\", lines against time \"tx\")");
}

/// The letters of `wanted` in the places of the file's axes, surplus axes of length 1 passed over from the slowest on;
/// empty if they do not fit.
std::string place(const StackHeader& header, const std::string& wanted) {
  const std::size_t n = header.extents.size();
  if (wanted.size() > n) return {};
  std::size_t surplus = n - wanted.size(), next = 0;
  std::string out(n, ' ');
  for (std::size_t i = 0; i < n; ++i) {
    if (surplus > 0 && header.extents[i] == 1)
      --surplus;
    else if (next < wanted.size())
      out[i] = wanted[next++];
    else
      return {};
  }
  return out;
}

}  // namespace

std::string assignAxes(const StackHeader& header, const std::string& wanted) {
  if (!wanted.empty()) {
    checkLetters(wanted);
    const std::string out = place(header, wanted);
    if (out.empty())
      throw Error(ExitCode::BadData,
                  header.text() + ": axes \"" + wanted + "\" do not fit its shape " + shapeText(header));
    return out;
  }
  std::string letters = header.letters;
  bool told = true;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i] == '?' && header.extents[i] == 1) letters[i] = ' ';
    told = told && letters[i] != '?' && (letters[i] == ' ' || letters.find(letters[i], i + 1) == std::string::npos);
  }
  if (told && letters.find('x') != std::string::npos) return letters;
  const std::string plain = place(header, header.extents.size() == 1 ? "x" : "yx");
  if (!plain.empty()) return plain;
  throw Error(ExitCode::BadConfig, header.text() + ": has the shape " + shapeText(header) +
                                       ": say what its axes are, slowest first (\"tyx\": a movie, \"zyx\": a volume, "
                                       "\"tzyx\": volumes against time, \"tcyx\": with channels)");
}

}  // namespace lacuna
