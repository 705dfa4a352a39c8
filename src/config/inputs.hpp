#pragma once
/// The values of a run: configuration file, then --set, then defaults, all checked against the table of keys.
/// Needs neither MPI nor PETSc: rank 0 reads the file, the caller broadcasts the text, every rank parses it.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.hpp"
#include "config/keys.hpp"

namespace lacuna {

class Inputs {
 public:
  /// Parses a configuration. `fileName` is the path it was read from: named in messages, its folder is where relative
  /// paths of the file start. `settings` are the words after --set ("section.key=value"), which win over the file.
  /// Throws Error (BadConfig) with file:line:column, key, what was found and what is allowed.
  static Inputs parseText(Program program, std::string_view text, const std::string& fileName,
                          const std::vector<std::string>& settings = {});

  // Values by "section.name". Asking for a key that is not in the table, or by a type that is not the key's, or for a
  // key that has neither value nor default, is an error of the program (std::logic_error): ask has() first.
  bool flag(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;            ///< Number, or NumberOrText that holds a number
  const std::string& text(std::string_view key) const;  ///< Text, or NumberOrText that holds a text
  const std::vector<double>& numbers(std::string_view key) const;
  const std::vector<std::string>& texts(std::string_view key) const;
  /// A path, or a text that names a file. What stands in the file starts at the file's folder; what comes from --set,
  /// and defaults, start at the working directory.
  std::filesystem::path path(std::string_view key) const;

  /// The folder where a relative path of this key starts; empty: the working directory.
  std::filesystem::path folder(std::string_view key) const;

  bool given(std::string_view key) const;   ///< in the file or by --set
  bool has(std::string_view key) const;     ///< given, or with a default
  bool isText(std::string_view key) const;  ///< holds a text (to tell the two kinds of NumberOrText)
  /// Whether the conditions of the key hold (noise_sd counts only where kind = "maps", ...).
  bool counts(std::string_view key) const;

  Program program() const { return program_; }
  const std::string& fileName() const { return fileName_; }
  /// Keys that were given but do not count, one line each, to be shown as notes.
  std::vector<std::string> notes() const;
  /// All keys with their values as TOML that parses back to the same inputs from the same folder; comments say where
  /// each came from.
  std::string echo() const;
  /// The value of a key as echo() writes it; empty: none.
  std::string echoed(std::string_view key) const;
  /// An Error (BadConfig) about a key's value: "file:line:column: [section] name = value: why".
  Error bad(std::string_view key, const std::string& why) const;

 private:
  enum class Origin { Default, File, CommandLine };
  struct Entry {
    const Key* key = nullptr;
    Value value;
    Origin origin = Origin::Default;
    std::size_t line = 0, column = 0;
  };

  Inputs(Program program, std::string fileName);
  void set(const Key& key, Value value, Origin origin, std::size_t line, std::size_t column);
  void readFile(std::string_view text);
  void readSetting(const std::string& setting);
  void setDefaults();
  void rejectMissing() const;

  const Entry& entry(std::string_view key) const;
  template <class T>
  const T& get(std::string_view key) const;
  std::string place(const Entry& entry) const;
  Value echoed(const Entry& entry) const;

  Program program_;
  std::string fileName_;
  std::vector<Entry> entries_;  // as keysOf(program_)
};

/// Text of a configuration file. Throws Error: NoInput if it is missing, unreadable or a folder; BadConfig if it is
/// larger than 1 MiB (no more than that is read).
std::string readConfigFile(const std::string& path);

}  // namespace lacuna
