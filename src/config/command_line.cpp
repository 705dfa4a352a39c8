#include "config/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/failure.hpp"
#include "config/keys_doc.hpp"
#include "config/suggest.hpp"

namespace lacuna {
namespace {

/// A single dash in front of a word: PETSc's style, not ours (-h apart).
bool looksLikePetsc(const std::string& word) {
  return word.size() > 2 && word[0] == '-' && word[1] != '-' && !(word[1] >= '0' && word[1] <= '9');
}

std::string usage(Program program) {
  return fmt::format(
      "usage: {} CONFIG.toml [--set section.key=value]... [--plan] [--check]{} [--resume auto|FILE]{} "
      "[--overwrite] [-- PETSc options]\n"
      "       --help says more, --help-keys lists what CONFIG.toml may hold",
      programName(program), program == Program::Massmap ? " [--check-signs]" : "",
      program == Program::Simulate ? "" : " [--max-hours H]");
}

std::string hint(const std::vector<std::string>& words, const std::vector<std::string>& options) {
  for (const auto& word : words) {
    if (looksLikePetsc(word)) return fmt::format("{}: PETSc options stand after --\n", word);
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || std::ranges::find(options, name) != options.end()) continue;
    if (const auto near = nearest(name, options); !near.empty())
      return fmt::format("{}: did you mean {}?\n", name, near);
  }
  return {};
}

}  // namespace

CommandLine parseCommandLine(Program program, const std::vector<std::string>& words, std::string_view version) {
  CommandLine line;
  bool help = false, helpKeysWanted = false, versionWanted = false;
  CLI::App app{std::string(programDoc(program)), std::string(programName(program))};
  app.set_help_flag();  // ours works without CONFIG and leaves the printing to the caller
  app.add_option("CONFIG", line.config, "Configuration file (TOML)");
  // One value for each --set: without this CLI11 would take CONFIG as a second one.
  app.add_option("--set", line.settings, "section.key=value: set a key; wins over the file")
      ->allow_extra_args(false)
      ->type_name("section.key=value");
  app.add_flag("--plan", line.plan, "Print sizes and memory per rank, and stop");
  app.add_flag("--check", line.check, "Run the adjoint, derivative and symmetry checks on this problem");
  if (program == Program::Massmap)
    app.add_flag("--check-signs", line.checkSigns, "Find out the signs of the shear: try the four flips");
  app.add_option("--resume", line.resume,
                 program == Program::Simulate
                     ? "auto: do nothing where the files are finished"
                     : "Go on from the newest checkpoint (auto; afresh where there is none), or from this one")
      ->type_name("auto|FILE");
  if (program != Program::Simulate)
    app.add_option("--max-hours", line.maxHours, "Save a checkpoint and stop (exit code 75) within so many hours")
        ->check([](const std::string& text) {
          char* end = nullptr;
          const double hours = std::strtod(text.c_str(), &end);
          return hours > 0 && std::isfinite(hours) && !*end ? "" : "'" + text + "' is no number of hours above 0";
        })
        ->type_name("H");
  app.add_flag("--overwrite", line.overwrite, "Replace a finished product");
  app.add_flag("--help-keys", helpKeysWanted, "List the keys of CONFIG");
  app.add_flag("--version", versionWanted, "Print the version");
  app.add_flag("-h,--help", help, "Print this");

  std::vector<std::string> options;
  for (const auto* option : app.get_options())
    if (!option->get_lnames().empty()) options.push_back("--" + option->get_lnames().front());
  const auto wrong = [&](const std::string& what) {
    return Error(ExitCode::Usage, fmt::format("{}\n{}{}", what, hint(words, options), usage(program)));
  };
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& e) {
    throw wrong(e.what());
  }
  CommandLine answered;
  if (help)
    answered.answer = app.help() + "\nWhat follows -- goes to PETSc (-- -ksp_monitor).\n";
  else if (helpKeysWanted)
    answered.answer = helpKeys(program);
  else if (versionWanted)
    answered.answer = std::string(version) + "\n";
  if (answered.answer) return answered;
  if (program == Program::Simulate && !line.resume.empty() && line.resume != "auto")
    throw wrong("--resume: " + line.resume + ": a simulation has no checkpoints, only auto is possible");
  if (line.config.empty()) throw wrong("CONFIG.toml is missing");
  return line;
}

}  // namespace lacuna
