#include "config/build_resume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "config/key_change.hpp"
#include "io/digest.hpp"

namespace lacuna {
namespace {

CheckpointFolder folderOf(MPI_Comm comm, const Inputs& inputs) {
  return {comm, inputs.path(inputs.has("checkpoint.folder") ? "checkpoint.folder" : "output.folder"),
          inputs.text("output.name")};
}

/// Throws where the configuration of a checkpoint is not that of this run.
void requireSameConfig(const CheckpointFile& file, const Inputs& inputs) {
  const auto change = changedKey(file.run().config, inputs, true);
  if (!change) return;
  if (change->key.empty())
    throw Error(ExitCode::BadData, file.path() + ": its configuration cannot be read here: " + change->now);
  throw inputs.bad(change->key, fmt::format("it was {} when {} was written, and cannot change when a run is resumed: "
                                            "set it back, or give --overwrite without --resume to begin afresh",
                                            change->before.empty() ? "not given" : change->before, file.path()));
}

std::unique_ptr<const CheckpointFile> opened(MPI_Comm comm, const std::string& path, const Inputs& inputs) {
  auto file = std::make_unique<const CheckpointFile>(comm, path, std::string(programName(inputs.program())));
  file->verify();
  return file;
}

/// An input file of a product that is another one now.
struct ChangedFile {
  std::string path, sha256;
};

/// The first input file of a product, made from the configuration `toml` and the files `recorded` (JSON), that is
/// another one now: the file that a key names, wherever it lies, against that of the key then; of those that no path
/// names (maps among the data) the file where it lay. One that has gone since tells nothing. Collective.
std::optional<ChangedFile> changedFile(MPI_Comm comm, const std::string& recorded, const std::string& toml,
                                       const Inputs& inputs) {
  namespace fs = std::filesystem;
  std::multimap<std::string, InputDigest> then;  // by the name of the file, without its folder
  for (const auto& file : nlohmann::json::parse(recorded, nullptr, false))
    if (file.is_object()) {
      const std::string path = file.value("path", std::string());
      then.emplace(fs::path(path).filename().string(), InputDigest{path, 0, file.value("sha256", std::string())});
    }
  const auto hashNow = [&](const fs::path& path) {
    int there = 0;
    onRankZero(comm, [&] { there = fs::is_regular_file(path); });
    checkMpi(MPI_Bcast(&there, 1, MPI_INT, 0, comm));
    return there ? digestFile(comm, path.string()).sha256 : std::string();
  };
  const Inputs before = Inputs::parseText(inputs.program(), toml, inputs.fileName());
  std::set<std::string> named;
  for (const Key& key : keysOf(inputs.program())) {
    const std::string name = key.fullName();
    if (key.type != KeyType::Path || mayChangeOnResume(key) || !inputs.given(name) || !inputs.counts(name)) continue;
    const std::string file = before.path(name).filename().string();
    const auto [first, last] = then.equal_range(file);
    if (first == last) continue;  // nothing was read from it
    named.insert(file);
    const std::string now = hashNow(inputs.path(name));
    if (!now.empty() && std::none_of(first, last, [&](const auto& was) { return was.second.sha256 == now; }))
      return ChangedFile{inputs.path(name).string(), now};
  }
  for (const auto& [file, was] : then) {
    if (named.contains(file)) continue;
    if (const std::string now = hashNow(was.path); !now.empty() && now != was.sha256) return ChangedFile{was.path, now};
  }
  return {};
}

}  // namespace

Earlier earlierProduct(MPI_Comm comm, const CommandLine& line, const Inputs& inputs) {
  if (line.resume.empty()) return Earlier::Nothing;
  const std::string path = (inputs.path("output.folder") / (inputs.text("output.name") + ".h5")).string();
  int there = 0;
  onRankZero(comm, [&] { there = std::filesystem::exists(path); });
  checkMpi(MPI_Bcast(&there, 1, MPI_INT, 0, comm));
  if (!there) return Earlier::Absent;
  std::string toml, files;
  try {
    const H5Reader product(comm, path);
    if (product.readInteger("/", "complete") != 1 ||
        product.readString("/", "program") != programName(inputs.program()))
      return Earlier::Nothing;
    toml = product.readString("config", "toml");
    files = product.readString("provenance", "inputs");
  } catch (const Error&) {  // the same on all ranks: no product of ours
    return Earlier::Nothing;
  }
  auto change = changedKey(toml, inputs, false);
  if (!change) {
    const auto file = changedFile(comm, files, toml, inputs);
    if (!file) return Earlier::Finished;
    if (line.overwrite) return Earlier::Nothing;
    throw Error(ExitCode::BadData, fmt::format("{} is finished, and {} is not the file that it was made from "
                                               "(sha256 now {:.12}): give --overwrite to compute it anew",
                                               path, file->path, file->sha256));
  }
  if (raisesLimit(toml, inputs) && folderOf(comm, inputs).hasLimit()) {
    change = changedKey(toml, inputs, true);
    if (!change) return Earlier::Limited;
  }
  if (line.overwrite) return Earlier::Nothing;
  if (change->key.empty())
    throw Error(ExitCode::BadConfig,
                path + " is finished, by a version with other keys: give --overwrite to replace it");
  throw inputs.bad(change->key, fmt::format("{} is finished, and was made with {}: give --overwrite to compute it anew",
                                            path, change->before.empty() ? "none" : change->before));
}

Resumption findCheckpoint(MPI_Comm comm, const CommandLine& line, const Inputs& inputs) {
  Resumption out;
  const CheckpointFolder folder = folderOf(comm, inputs);
  const std::vector<int> numbers = folder.numbers();
  const bool stoppedAtLimit = folder.hasLimit();
  if (line.resume.empty()) {
    if ((!numbers.empty() || stoppedAtLimit) && !line.overwrite)
      throw Error(ExitCode::CannotCreate,
                  (numbers.empty() ? folder.limitPath() : folder.path(numbers.back())).string() +
                      " exists: give --resume auto to go on from it, or --overwrite to begin afresh");
    return out;
  }
  const auto whole = [&](const std::filesystem::path& path) -> std::unique_ptr<const CheckpointFile> {
    try {
      return opened(comm, path.string(), inputs);
    } catch (const ForeignCheckpoint&) {
      throw;
    } catch (const Error& e) {
      out.notes.push_back(std::string("WARNING: ") + e.what() + "; trying the checkpoint before it");
      return nullptr;
    }
  };
  if (line.resume != "auto") {
    out.from = opened(comm, line.resume, inputs);
  } else {
    auto limited = stoppedAtLimit ? whole(folder.limitPath()) : nullptr;
    if (limited && raisesLimit(limited->run().config, inputs)) out.from = std::move(limited);
    for (auto number = numbers.rbegin(); number != numbers.rend() && !out.from; ++number)
      out.from = whole(folder.path(*number));
    if (!out.from) out.from = std::move(limited);
  }
  if (out.from) {
    requireSameConfig(*out.from, inputs);
    out.raised = raisesLimit(out.from->run().config, inputs);
  } else {
    out.notes.push_back(numbers.empty() && !stoppedAtLimit
                            ? "--resume auto: there is no checkpoint, the run begins afresh"
                            : "WARNING: no checkpoint is whole, the run begins afresh");
  }
  return out;
}

}  // namespace lacuna
