#include "config/build_inputs.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/error.hpp"
#include "version.hpp"

namespace lacuna {
namespace {

/// A word as a shell would need it.
std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\n\"'\\$`*?[](){}<>|&;#~!") == std::string::npos) return word;
  std::string out = "'";
  for (char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  out += '\'';
  return out;
}

/// --overwrite is for products: a run must not replace what it reads.
void refuseToReplaceInputs(const Inputs& inputs) {
  const std::filesystem::path product = inputs.path("output.folder") / (inputs.text("output.name") + ".h5");
  std::error_code ignored;  // what does not exist is told where it is opened
  for (const Key& key : keysOf(inputs.program()))
    if (key.type == KeyType::Path && key.section != "output" && inputs.given(key.fullName()) &&
        std::filesystem::equivalent(product, inputs.path(key.fullName()), ignored))
      throw Error(ExitCode::CannotCreate,
                  fmt::format("cannot create {}: it is the input [{}] {}: choose another [output] name or folder",
                              product.string(), key.section, key.name));
}

}  // namespace

std::optional<StartedRun> startRun(MPI_Comm comm, Program program, const std::vector<std::string>& words) {
  const bool root = rankOf(comm) == 0;
  CommandLine line =
      parseCommandLine(program, words, fmt::format("{} {} ({})", programName(program), versionText, gitHash));
  if (line.answer) {
    if (root) fmt::print("{}{}", *line.answer, line.answer->ends_with('\n') ? "" : "\n");
    return std::nullopt;
  }
  std::string text;
  onRankZero(comm, [&] { text = readConfigFile(line.config); });
  text = broadcast(comm, std::move(text));
  Inputs inputs = Inputs::parseText(program, text, line.config, line.settings);
  if (root)
    for (const auto& note : inputs.notes()) fmt::print("note: {}\n", note);
  onRankZero(comm, [&] { refuseToReplaceInputs(inputs); });
  std::string command(programName(program));
  for (const auto& word : words) command.append(" ").append(quoted(word));
  Resumption resumption;
  if (line.makesProduct()) {
    const Earlier earlier = earlierProduct(comm, line, inputs);
    if (earlier == Earlier::Finished) {
      if (root) fmt::print("{} is finished: nothing is left to do\n", inputs.text("output.name"));
      return std::nullopt;
    }
    // The same run, further on.
    line.overwrite = line.overwrite || earlier == Earlier::Limited || earlier == Earlier::Absent;
    if (program != Program::Simulate) resumption = findCheckpoint(comm, line, inputs);
  }
  return StartedRun{std::move(line), std::move(inputs), std::move(command), std::move(resumption)};
}

}  // namespace lacuna
