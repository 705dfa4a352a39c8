#include "config/build_resume.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "config/key_change.hpp"

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

}  // namespace

Earlier earlierProduct(MPI_Comm comm, const CommandLine& line, const Inputs& inputs) {
  if (line.resume.empty()) return Earlier::Nothing;
  const std::string path = (inputs.path("output.folder") / (inputs.text("output.name") + ".h5")).string();
  int there = 0;
  onRankZero(comm, [&] { there = std::filesystem::exists(path); });
  checkMpi(MPI_Bcast(&there, 1, MPI_INT, 0, comm));
  if (!there) return Earlier::Absent;
  std::string toml;
  try {
    const H5Reader product(comm, path);
    if (product.readInteger("/", "complete") != 1 ||
        product.readString("/", "program") != programName(inputs.program()))
      return Earlier::Nothing;
    toml = product.readString("config", "toml");
  } catch (const Error&) {  // the same on all ranks: no product of ours
    return Earlier::Nothing;
  }
  auto change = changedKey(toml, inputs, false);
  if (!change) return Earlier::Finished;
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
