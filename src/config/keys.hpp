#pragma once
/// THE table of keys: what a configuration file may hold. The reader, --help-keys, docs/inputs.md and the echo in
/// every product come from it. Needs neither MPI nor PETSc.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lacuna {

/// The programs that read a configuration, each with its own table.
enum class Program { Massmap, Deconvolve, Solve, Simulate };

enum class KeyType {
  Flag,
  Integer,
  Number,
  Text,
  Path,
  Numbers,
  Texts,
  NumberOrText,
  NumberOrNumbers,  ///< one number, or a list: kept as a list
  NumbersOrText     ///< one number or a list, kept as a list, or a text
};

/// std::monostate: no value (not given, no default).
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<double>,
                           std::vector<std::string>>;

/// Interval of the numbers allowed. NaN and infinities are never allowed.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool lowOpen = false;
  bool highOpen = false;

  bool contains(double x) const;
  bool unlimited() const;
  /// "[1, 8]", "(0, 1)", ">= 0"; empty if unlimited.
  std::string text() const;
};

/// The key counts only where another key (text) has one of these values; empty `key`: always.
struct Condition {
  std::string key;  ///< "section.name"
  std::vector<std::string> values;
};

struct Key {
  std::string section;
  std::string name;
  KeyType type = KeyType::Text;
  std::string unit = {};         ///< empty: none
  Value standard = {};           ///< the default
  std::string standardDoc = {};  ///< what happens without a value, where `standard` cannot say it
  bool required = false;         ///< where `when` holds
  Range range = {};              ///< of the number, of each number of a list
  std::vector<std::string> choices = {};
  std::size_t length = 0;  ///< of a list; 0: any
  Condition when = {};
  std::string rival = {};  ///< "section.name": where it is given, this key has no default
  std::string doc = {};

  std::string fullName() const { return section + "." + name; }
};

/// "lacuna-massmap"
std::string_view programName(Program program);
/// One line: what the program does.
std::string_view programDoc(Program program);
inline constexpr Program allPrograms[] = {Program::Massmap, Program::Deconvolve, Program::Solve, Program::Simulate};

/// All keys of a program, in the order of the documentation; the keys of a section stand together.
const std::vector<Key>& keysOf(Program program);
/// nullptr if there is no such key ("section.name").
const Key* findKey(Program program, std::string_view fullName);
/// The sections of a program, in order.
std::vector<std::string> sectionsOf(Program program);

/// "an integer", "a list of numbers", ...
std::string_view typeText(KeyType type);
/// A value as TOML (parses back to the same bits); empty for no value.
std::string tomlText(const Value& value);

}  // namespace lacuna
