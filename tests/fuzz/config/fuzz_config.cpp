/// libFuzzer target of the config reader. Whatever the text: it is understood or refused with exit code 78 (64 for
/// words of the command line) and a message in UTF-8; and what is understood is echoed as a text that means the same.
///
/// Input: a byte that chooses the program (modulo 4) and, by its bit 2, whether words after --set follow the text, each
/// after a NUL byte; then the text.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "config/inputs.hpp"
#include "config/utf8.hpp"

using namespace lacuna;

namespace {

void demand(bool ok, const char* what, const std::string& text) {
  if (ok) return;
  std::fprintf(stderr, "%s:\n%s\n", what, text.c_str());
  std::abort();
}

std::string echoOf(Program program, const std::string& text) {
  try {
    return Inputs::parseText(program, text, "folder/fuzz.toml").echo();
  } catch (const Error& e) {
    demand(false, e.what(), text);
    throw;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto program = static_cast<Program>(data[0] % 4);
  std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::vector<std::string> settings;
  for (std::size_t end; data[0] & 4 && (end = text.rfind('\0')) != std::string::npos; text.resize(end))
    settings.push_back(text.substr(end + 1));
  std::string echo;
  try {
    const Inputs inputs = Inputs::parseText(program, text, "folder/fuzz.toml", settings);
    for (const std::string& note : inputs.notes()) demand(isUtf8(note), "a note is not UTF-8", note);
    echo = inputs.echo();
  } catch (const Error& e) {
    const bool usage = e.code() == ExitCode::Usage && !settings.empty();  // a word after --set that sets nothing
    demand(e.code() == ExitCode::BadConfig || usage, "another exit code than 78", e.what());
    demand(isUtf8(e.what()), "a message is not UTF-8", e.what());
    return 0;
  }
  // Once echoed, all values stand in the file, and an echo of the echo differs in nothing but line numbers.
  const std::string again = echoOf(program, echo);
  demand(again == echoOf(program, again), "an echo that changes", again);
  return 0;
}
