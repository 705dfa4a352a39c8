#include "config/precheck.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/utf8.hpp"

namespace lacuna {
namespace {

constexpr std::size_t maxDots = 15;

/// Walks over a text and knows whether it is inside a string or a comment.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<TextFault> scan() {
    if (text_.starts_with("\xEF\xBB\xBF")) next_ = 3;  // a byte order mark is no character
    while (next_ < text_.size()) {
      const std::string_view rest = text_.substr(next_);
      const std::size_t length = utf8Length(rest);
      if (length == 0) return fault("not a UTF-8 character (save the file as UTF-8)");
      if (rest[0] == '\0') return fault("a NUL byte");
      if (length > 1 && state_ == State::Plain)
        return fault(fmt::format("the character '{}' outside a string or comment (only ASCII may stand there)",
                                 rest.substr(0, length)));
      if (rest[0] == '\n' && (state_ == State::Basic || state_ == State::Literal))
        return fault("the string does not end on its line: a quote is missing");
      if (state_ == State::Plain)
        if (const std::string why = misplaced(rest[0]); !why.empty()) return fault(why);
      if (state_ == State::MultiBasic && rest[0] == '\\' && rest.size() > 1) {
        const std::size_t word = rest.find_first_not_of(" \t\r\n", 1);
        if (word != std::string_view::npos && utf8Length(rest.substr(word)) > 1)
          return fault("a backslash whose next character is not ASCII (begin the line with an ASCII character)");
      }
      advance(step(rest, length));
    }
    return std::nullopt;
  }

 private:
  enum class State { Plain, Comment, Basic, Literal, MultiBasic, MultiLiteral };

  TextFault fault(std::string why) const { return {at_, std::move(why)}; }

  /// What toml++ refuses, too, but only after it has looked at what follows as if that were no string: it must never
  /// see characters that are not ASCII outside of strings (its tables of them end in undefined behaviour).
  std::string misplaced(char c) {
    const char before = next_ > 0 ? text_[next_ - 1] : '\n';
    if (std::string_view("\"'[{").find(c) != std::string_view::npos &&
        std::string_view(" \t\r\n=,[{\xBF").find(before) == std::string_view::npos)
      return fmt::format("'{}' where no key and no value can begin", c);
    if (c == '=' && inValue_) return "a second '=' in one value (is a quote or a line break missing?)";
    if (c == '.' && ++dots_ > maxDots) return "a key of too many parts (they are section.name)";
    return {};
  }

  /// Follows keys and values: in `{` there are keys, in `[` of a value there are values.
  void follow(char c) {
    if (c == '=') inValue_ = true;
    if (c == '{' || c == '[') {
      brackets_ += c == '[' && !inValue_ ? 'h' : c;  // of a header
      if (c == '{') inValue_ = false;
    }
    if (c == ',' && !brackets_.empty()) inValue_ = brackets_.back() == '[';
    if ((c == '}' || c == ']') && !brackets_.empty()) {
      inValue_ = brackets_.back() != 'h';
      brackets_.pop_back();
    }
    if (c != '\n') return;
    while (!brackets_.empty() && brackets_.back() == 'h') brackets_.pop_back();
    if (brackets_.empty()) inValue_ = false;
  }

  /// Follows the state over what starts at `rest`; returns how many bytes it took.
  std::size_t step(std::string_view rest, std::size_t length) {
    switch (state_) {
      case State::Plain:
        return stepPlain(rest);
      case State::Comment:
        if (rest[0] != '\n') return length;
        state_ = State::Plain;
        return stepPlain(rest);
      case State::Basic:
      case State::Literal:
        if (rest[0] == '\n' || rest[0] == (state_ == State::Basic ? '"' : '\'')) {
          state_ = State::Plain;
        } else if (state_ == State::Basic && rest.size() > 1 && rest[0] == '\\' &&
                   (rest[1] == '"' || rest[1] == '\\')) {
          return 2;
        }
        return length;
      case State::MultiBasic:
        if (rest.size() > 1 && rest[0] == '\\' && (rest[1] == '"' || rest[1] == '\\')) return 2;
        [[fallthrough]];
      case State::MultiLiteral:
        if (rest.starts_with(state_ == State::MultiBasic ? "\"\"\"" : "'''")) {
          state_ = State::Plain;
          return std::min({rest.find_first_not_of(rest[0]), rest.size(),
                           std::size_t{5}});  // the last two of five belong to the text
        }
        return length;
    }
    return length;
  }

  std::size_t stepPlain(std::string_view rest) {
    // A list may hold any number of decimal points: only dots without a separator between them make one key.
    follow(rest[0]);
    if (std::string_view("\n,=[]{}").find(rest[0]) != std::string_view::npos) dots_ = 0;
    if (rest[0] == '#') state_ = State::Comment;
    if (rest.starts_with("\"\"\"") || rest.starts_with("'''")) {
      state_ = rest[0] == '"' ? State::MultiBasic : State::MultiLiteral;
      return 3;
    }
    if (rest[0] == '"') state_ = State::Basic;
    if (rest[0] == '\'') state_ = State::Literal;
    return 1;
  }

  void advance(std::size_t bytes) {
    for (const char c : text_.substr(next_, bytes)) {
      if (c == '\n')
        at_ = {at_.line + 1, 1};
      else if (!isUtf8Tail(c))
        ++at_.column;
    }
    next_ += bytes;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  TextPosition at_;
  State state_ = State::Plain;
  std::size_t dots_ = 0;
  std::string brackets_;  ///< that are open
  bool inValue_ = false;  ///< behind an equals sign
};

}  // namespace

std::optional<TextFault> precheck(std::string_view text) {
  if (text.size() > maxConfigBytes)
    return TextFault{{}, fmt::format("{} bytes: a configuration has at most {} (1 MiB)", text.size(), maxConfigBytes)};
  return Scanner(text).scan();
}

}  // namespace lacuna
