#include "config/check_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/utf8.hpp"

namespace lacuna {
namespace {

using Kind = TomlValue::Kind;

[[noreturn]] void refuse(const Key& key, const TomlValue& found, const std::string& hint = {}) {
  throw TomlError(found.at, fmt::format("found {}{}; must be {}", found.found(), hint, allowedText(key)));
}

bool isNumber(const TomlValue& value) { return value.kind == Kind::Integer || value.kind == Kind::Number; }

double number(const Key& key, const TomlValue& found) {
  if (!isNumber(found)) refuse(key, found);
  const double x = found.kind == Kind::Integer ? static_cast<double>(found.integer) : found.number;
  if (!key.range.contains(x)) refuse(key, found);
  return x;
}

const std::string& text(const Key& key, const TomlValue& found) {
  if (found.kind != Kind::Text) refuse(key, found);
  if (found.text.find('\0') != std::string::npos) refuse(key, found, " with a NUL character");
  if (!isUtf8(found.text)) refuse(key, found, ", which is not UTF-8");
  if (!key.choices.empty() && std::ranges::find(key.choices, found.text) == key.choices.end()) refuse(key, found);
  if (key.type == KeyType::Path && found.text.empty()) refuse(key, found, ", an empty path");
  return found.text;
}

std::vector<double> numbers(const Key& key, const TomlValue& found) {
  if (isNumber(found)) return {number(key, found)};
  if (found.kind != Kind::List || found.items.empty()) refuse(key, found);
  std::vector<double> values;
  for (const auto& item : found.items) values.push_back(number(key, item));
  return values;
}

const std::vector<TomlValue>& list(const Key& key, const TomlValue& found) {
  if (found.kind != Kind::List || (key.length > 0 && found.items.size() != key.length)) refuse(key, found);
  return found.items;
}

/// "in [1, 8]", ">= 0"
std::string limitsText(const Range& range) {
  return (std::isfinite(range.low) && std::isfinite(range.high) ? "in " : "") + range.text();
}

}  // namespace

std::string allowedText(const Key& key) {
  if (!key.choices.empty()) {
    std::string out = "one of ";
    for (const auto& choice : key.choices) out += (out.size() > 7 ? ", " : "") + tomlText(choice);
    const bool number = key.type == KeyType::NumberOrText, numbers = key.type == KeyType::NumbersOrText;
    if (number || numbers) out += (number ? ", or a number " : ", or numbers ") + limitsText(key.range);
    return out;
  }
  std::string out(typeText(key.type));
  if (key.length > 0)
    out = fmt::format("a list of {} {}", key.length, key.type == KeyType::Numbers ? "numbers" : "strings");
  if (key.range.unlimited()) return out;
  const std::string limits = limitsText(key.range);
  if (key.type == KeyType::NumberOrText) return "a number " + limits + " or a string";
  if (key.type == KeyType::NumbersOrText) return "a number or a list of numbers " + limits + ", or a string";
  return out + " " + limits;
}

Value checkValue(const Key& key, const TomlValue& found) {
  switch (key.type) {
    case KeyType::Flag:
      if (found.kind != Kind::Flag) refuse(key, found);
      return found.flag;
    case KeyType::Integer:
      if (found.kind == Kind::Number) refuse(key, found, " (written with a decimal point or exponent)");
      if (found.kind != Kind::Integer) refuse(key, found);
      number(key, found);
      return found.integer;
    case KeyType::Number:
      return number(key, found);
    case KeyType::NumberOrText:
      if (isNumber(found)) return number(key, found);
      return text(key, found);
    case KeyType::Text:
    case KeyType::Path:
      return text(key, found);
    case KeyType::NumberOrNumbers:
      return numbers(key, found);
    case KeyType::NumbersOrText:
      if (found.kind == Kind::Text) return text(key, found);
      return numbers(key, found);
    case KeyType::Numbers: {
      std::vector<double> values;
      for (const auto& item : list(key, found)) values.push_back(number(key, item));
      return values;
    }
    case KeyType::Texts: {
      std::vector<std::string> values;
      for (const auto& item : list(key, found)) values.push_back(text(key, item));
      return values;
    }
  }
  refuse(key, found);
}

}  // namespace lacuna
