#include "config/build_checkpoints.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>

#include "base/error.hpp"

namespace lacuna {
namespace {

/// A random UUID (RFC 4122, version 4), the same on all ranks.
std::string newUuid(MPI_Comm comm) {
  std::array<unsigned char, 16> bytes{};
  onRankZero(comm, [&] {
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      throw Error("the system gives no random numbers");
  });
  checkMpi(MPI_Bcast(bytes.data(), static_cast<int>(bytes.size()), MPI_UNSIGNED_CHAR, 0, comm));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

/// A resumed run must not mix two sets of data.
void requireSameInputs(const CheckpointFile& file, const std::vector<InputDigest>& now) {
  const std::vector<InputDigest>& before = file.run().inputs;
  if (before.size() != now.size())
    throw Error(ExitCode::BadData, fmt::format("{}: was written by a run with {} input files, now there are {}",
                                               file.path(), before.size(), now.size()));
  for (std::size_t i = 0; i < now.size(); ++i)
    if (before[i].sha256 != now[i].sha256)
      throw Error(ExitCode::BadData, fmt::format("{} is not the file that the run began with ({} bytes, now {}; sha256 "
                                                 "{:.12}, now {:.12}): {} cannot be resumed",
                                                 now[i].path, before[i].bytes, now[i].bytes, before[i].sha256,
                                                 now[i].sha256, file.path()));
}

}  // namespace

std::unique_ptr<Checkpointer> keepCheckpoints(MPI_Comm comm, StartedRun& run, RunLog& log, const Shape& unknown,
                                              const std::vector<std::string>& inputFiles) {
  const Inputs& inputs = run.inputs;
  RunIdentity identity{
      std::string(programName(inputs.program())), {}, inputs.echo(), digestFiles(comm, inputFiles), unknown, {}};
  for (const std::string& note : run.resumption.notes) log.message(note);
  if (const auto& from = run.resumption.from) {
    requireSameInputs(*from, identity.inputs);
    if (!(from->run().grid == unknown))
      throw Error(ExitCode::BadData, fmt::format("{}: its grid is {}, this run's is {}", from->path(),
                                                 from->run().grid.text(), unknown.text()));
    identity.uuid = from->run().uuid;
    identity.resumed = from->run().resumed;
  } else {
    identity.uuid = newUuid(comm);
  }
  CheckpointOptions options;
  options.outputFolder = inputs.path("output.folder");
  options.folder = inputs.has("checkpoint.folder") ? inputs.path("checkpoint.folder") : options.outputFolder;
  options.name = inputs.text("output.name");
  options.everySeconds = inputs.number("checkpoint.every_seconds");
  options.keep = static_cast<int>(inputs.integer("checkpoint.keep"));
  options.maxHours = run.line.maxHours;
  options.raised = run.resumption.raised;
  return std::make_unique<Checkpointer>(comm, log, std::move(options), std::move(identity),
                                        std::move(run.resumption.from));
}

ProductOrigin originOf(const StartedRun& run, const Checkpointer& keeper, std::uint64_t seed) {
  const RunIdentity& identity = keeper.run();
  return {run.command,           seed,          identity.inputs, run.inputs.echo(),
          run.inputs.fileName(), identity.uuid, identity.resumed};
}

}  // namespace lacuna
