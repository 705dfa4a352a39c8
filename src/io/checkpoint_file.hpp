#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/stage.hpp"
#include "grid/cube.hpp"
#include "io/digest.hpp"
#include "io/h5_reader.hpp"

namespace lacuna {

/// Whose checkpoint it is.
struct RunIdentity {
  std::string program;
  std::string uuid;    ///< the same in all jobs of a run
  std::string config;  ///< all keys with their values, as TOML
  std::vector<InputDigest> inputs;
  Shape grid;                        ///< of the unknown
  std::vector<std::string> resumed;  ///< a line for every time that it was resumed
};

/// The state of a stage, under its full name.
struct SavedStage {
  std::string path;
  const State* state = nullptr;
  bool finished = false;
};

/// What a checkpoint holds.
struct CheckpointParts {
  RunIdentity run;
  std::vector<SavedStage> stages;
  std::map<std::string, std::vector<double>> tables;  ///< of the log
};

/// Collective. Writes a checkpoint: as `path`.tmp first, which gets its name when it is whole and on the disk (layout
/// in docs/files.md). The length in bytes of its fields. Throws 73, 74 on all ranks where it cannot be created or has
/// no room, and then leaves nothing behind.
std::int64_t writeCheckpoint(MPI_Comm comm, const std::filesystem::path& path, const CheckpointParts& parts);

/// A checkpoint that this program must not use, whole as it may be. Thrown on all ranks.
class ForeignCheckpoint : public Error {
 public:
  explicit ForeignCheckpoint(const std::string& text) : Error(ExitCode::BadData, text) {}
};

/// A checkpoint to go on from. Methods are collective.
class CheckpointFile {
 public:
  /// Reads everything but the fields. Throws 66, 65 where it is damaged; ForeignCheckpoint where it is no checkpoint of
  /// `program` or one of another version.
  CheckpointFile(MPI_Comm comm, const std::string& path, const std::string& program);
  ~CheckpointFile();

  const std::string& path() const { return reader_.path(); }
  const RunIdentity& run() const { return run_; }
  const std::map<std::string, std::vector<double>>& tables() const { return tables_; }
  int ranks() const;         ///< that wrote it
  std::string date() const;  ///< UTC
  /// Reads all fields and compares them with their hashes. Throws 65.
  void verify() const;
  /// Gives back what was chosen and measured (choices(), FFTW's wisdom): before anything is planned.
  void restoreChoices() const;
  /// Fills the state of a stage, if the checkpoint has it. Throws 65 where it is of another shape.
  Observer::Kept restore(const std::string& path, const State& state) const;

 private:
  void readTables();
  MPI_Comm comm_;
  H5Reader reader_;
  std::unique_ptr<const nlohmann::json> meta_;
  RunIdentity run_;
  std::map<std::string, std::vector<double>> tables_;
};

}  // namespace lacuna
