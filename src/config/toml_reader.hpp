#pragma once
/// TOML text to plain values. The only file that knows the TOML library is toml_reader.cpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.hpp"
#include "config/precheck.hpp"

namespace lacuna {

/// A TOML value as it stands in the text.
struct TomlValue {
  enum class Kind { Flag, Integer, Number, Text, List, Table, Date };
  Kind kind = Kind::Table;
  bool flag = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<TomlValue> items;  ///< of a list
  TextPosition at;

  /// For messages: the string "abc", the integer 3, a list, ...
  std::string found() const;
};

struct TomlEntry {
  std::string name;
  TextPosition at;  ///< of the name
  TomlValue value;
};

/// A table, "outer.inner" where it stands in another one, or (value.kind is not Table) a key outside any.
struct TomlSection {
  std::string name;
  TextPosition at;
  TomlValue value;
  std::vector<TomlEntry> entries;  ///< in the order of the text
};

/// Text that is no TOML, with the place where it ceases to be.
class TomlError : public Error {
 public:
  TomlError(TextPosition where, const std::string& why) : Error(ExitCode::BadConfig, why), at(where) {}
  TextPosition at;
};

/// Parses after precheck(). Sections in the order of the text. Throws TomlError.
std::vector<TomlSection> readToml(std::string_view text);

}  // namespace lacuna
