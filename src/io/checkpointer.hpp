#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/stop.hpp"
#include "io/checkpoint_file.hpp"
#include "io/checkpoint_folder.hpp"
#include "io/run_log.hpp"
#include "io/stop_files.hpp"

namespace lacuna {

struct CheckpointOptions {
  std::filesystem::path folder;        ///< of the checkpoints
  std::filesystem::path outputFolder;  ///< where STOP and CHECKPOINT are looked for
  std::string name;                    ///< NAME of NAME.ckpt.001.h5
  double everySeconds = 900;
  int keep = 3;
  double maxHours = 0;  ///< since the start of the program; 0: no limit
  bool raised = false;  ///< the limit of iterations is higher than in what the run is resumed from
};

/// What stands between a run and its log: saves the state of all Stages every so often and where it is asked to, ends
/// the run where it is asked to, and restores the Stages of a run that is resumed. Collective.
///
/// At every iteration and tick one int is reduced over the ranks: signals (which may reach one rank alone), and what
/// rank 0 sees of clocks and of STOP and CHECKPOINT. A run that is to stop throws Error 75 after its checkpoint, 74
/// where none could be written; a checkpoint of a run that goes on and cannot be written is a warning.
class Checkpointer final : public Observer {
 public:
  /// `from`: what to go on from, or null. Gives back choices and log at once; the Stages take their part as they begin.
  Checkpointer(MPI_Comm comm, RunLog& log, CheckpointOptions options, RunIdentity run,
               std::unique_ptr<const CheckpointFile> from);

  void iteration(const Progress& progress) override;
  void tick() override;

  const RunIdentity& run() const { return run_; }
  const CheckpointFolder& folder() const { return folder_; }
  double everySeconds() const { return options_.everySeconds; }
  /// Goes to the log.
  void message(const std::string& text) { log_.message(text); }
  /// The product is complete: removes the checkpoints. `limited`: but that of the solve that stopped at its limit of
  /// iterations, so that the run can go on with a higher one.
  void complete(bool limited);

 private:
  struct Open {
    const Stage* stage;
    std::string path;
  };
  Kept open(Stage& stage) override;
  void close(const Stage& stage) noexcept override;
  int asked();  ///< bits of all ranks
  bool outOfTime() const;
  std::int64_t bytes() const;
  /// Writes a checkpoint, the next one or this; why it could not, or empty.
  std::string write(const std::string& because, std::filesystem::path path = {});
  void warn(const std::string& why);
  [[noreturn]] void stop(const std::string& because);

  MPI_Comm comm_;
  RunLog& log_;
  CheckpointOptions options_;
  RunIdentity run_;
  std::unique_ptr<const CheckpointFile> from_;
  CheckpointFolder folder_;
  std::optional<StopFiles> files_;  ///< on rank 0
  HoldSignals hold_;
  std::vector<Open> open_;
  std::set<std::string> taken_;            ///< stages that have begun: they are restored once
  int pending_ = 0;                        ///< signals that came while a checkpoint was written
  int next_ = 1;                           ///< number of the next checkpoint
  std::string last_;                       ///< the last one of this run
  bool limitKept_ = false;                 ///< there is one of the first solve that stopped at its limit
  double lastTime_ = 0;                    ///< when it was written, or begun with; seconds since the start
  double writing_ = 0;                     ///< seconds that writing took at most
  double lastTick_ = 0, longestTick_ = 0;  ///< 0: there was none
};

}  // namespace lacuna
