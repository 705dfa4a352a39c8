#pragma once
#include <initializer_list>
#include <string>

#include "testing.hpp"

/// Passes if `work` throws, on this rank, an Error with this exit code whose text holds all `parts`.
template <class F>
void expectError(lacuna::ExitCode code, std::initializer_list<std::string> parts, F&& work) {
  std::string text = "nothing was thrown";
  try {
    work();
  } catch (const lacuna::Error& e) {
    text = e.what();
    BOOST_TEST(static_cast<int>(e.code()) == static_cast<int>(code), text);
  }
  for (const std::string& part : parts)
    BOOST_TEST(text.find(part) != std::string::npos, "'" << part << "' is not in: " << text);
}
