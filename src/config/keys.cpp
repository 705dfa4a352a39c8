#include "config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "config/key_tables.hpp"

namespace lacuna {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\u{:04X}", byte);
    else
      out += c;
  }
  return out + '"';
}

/// Shortest text that parses back to the same bits, and as a floating-point number.
std::string numberText(double x) {
  std::string text = fmt::format("{}", x);
  if (std::isfinite(x) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <class T, class F>
std::string listText(const std::vector<T>& list, F&& itemText) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ", ") + itemText(item);
  return "[" + out + "]";
}

}  // namespace

bool Range::contains(double x) const {
  return std::isfinite(x) && (lowOpen ? x > low : x >= low) && (highOpen ? x < high : x <= high);
}

bool Range::unlimited() const { return std::isinf(low) && std::isinf(high); }

std::string Range::text() const {
  const auto plain = [](double x) {
    return x == std::trunc(x) && std::abs(x) < 1e15 ? fmt::format("{:.0f}", x) : fmt::format("{}", x);
  };
  if (unlimited()) return {};
  if (std::isinf(high)) return fmt::format("{} {}", lowOpen ? ">" : ">=", plain(low));
  if (std::isinf(low)) return fmt::format("{} {}", highOpen ? "<" : "<=", plain(high));
  return fmt::format("{}{}, {}{}", lowOpen ? '(' : '[', plain(low), plain(high), highOpen ? ')' : ']');
}

std::string_view programName(Program program) {
  switch (program) {
    case Program::Massmap:
      return "lacuna-massmap";
    case Program::Deconvolve:
      return "lacuna-deconvolve";
    case Program::Solve:
      return "lacuna-solve";
    case Program::Simulate:
      return "lacuna-simulate";
  }
  throw std::logic_error("programName: no such program");
}

std::string_view programDoc(Program program) {
  switch (program) {
    case Program::Massmap:
      return "Galaxy shear in, weak-lensing convergence map with error bars out.";
    case Program::Deconvolve:
      return "Blurred, noisy images, stacks and movies in; what they would be without blur and noise out.";
    case Program::Solve:
      return "Data that any sparse matrix makes of an unknown in; the unknown out.";
    case Program::Simulate:
      return "Mock galaxy surveys, and movies of photon counts, with known truth.";
  }
  throw std::logic_error("programDoc: no such program");
}

const std::vector<Key>& keysOf(Program program) {
  static const std::vector<Key> massmap = massmapKeys();
  static const std::vector<Key> deconvolve = deconvolveKeys();
  static const std::vector<Key> solve = solveKeys();
  static const std::vector<Key> simulate = simulateKeys();
  switch (program) {
    case Program::Massmap:
      return massmap;
    case Program::Deconvolve:
      return deconvolve;
    case Program::Solve:
      return solve;
    case Program::Simulate:
      return simulate;
  }
  throw std::logic_error("keysOf: no such program");
}

const Key* findKey(Program program, std::string_view fullName) {
  for (const auto& key : keysOf(program))
    if (fullName.size() == key.section.size() + 1 + key.name.size() && fullName.starts_with(key.section) &&
        fullName[key.section.size()] == '.' && fullName.ends_with(key.name))
      return &key;
  return nullptr;
}

std::vector<std::string> sectionsOf(Program program) {
  std::vector<std::string> sections;
  for (const auto& key : keysOf(program))
    if (sections.empty() || sections.back() != key.section) sections.push_back(key.section);
  return sections;
}

std::string_view typeText(KeyType type) {
  switch (type) {
    case KeyType::Flag:
      return "true or false";
    case KeyType::Integer:
      return "an integer";
    case KeyType::Number:
      return "a number";
    case KeyType::Text:
      return "a string";
    case KeyType::Path:
      return "a path";
    case KeyType::Numbers:
      return "a list of numbers";
    case KeyType::Texts:
      return "a list of strings";
    case KeyType::NumberOrText:
      return "a number or a string";
    case KeyType::NumberOrNumbers:
      return "a number or a list of numbers";
    case KeyType::NumbersOrText:
      return "a number, a list of numbers or a string";
  }
  throw std::logic_error("typeText: no such type");
}

std::string tomlText(const Value& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t integer) const { return fmt::format("{}", integer); }
    std::string operator()(double number) const { return numberText(number); }
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(const std::vector<double>& list) const { return listText(list, numberText); }
    std::string operator()(const std::vector<std::string>& list) const { return listText(list, quoted); }
  };
  return std::visit(Visitor{}, value);
}

}  // namespace lacuna
