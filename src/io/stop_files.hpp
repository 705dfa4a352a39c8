#pragma once
#include <ctime>
#include <filesystem>

namespace lacuna {

/// The files STOP and CHECKPOINT in the output folder: `touch` asks every run that writes into the folder to save and
/// leave, or to save and go on. A file counts once, from the time that it was touched: it need not be removed, several
/// runs can share the folder, and an old one means nothing to a run that begins later. Used by one rank.
class StopFiles {
 public:
  /// `reference`: a file that this run has just written there; times are compared with its own, less the age of the
  /// run, so that the clock of a file server does not matter.
  StopFiles(const std::filesystem::path& folder, const std::filesystem::path& reference);

  struct Seen {
    bool stop = false, checkpoint = false;
    bool gone = false;  ///< the folder is not there any more: three looks in a row did not find it
  };
  /// Looks at most once a second.
  Seen look();

 private:
  static bool touched(const std::filesystem::path& file, timespec& since);
  std::filesystem::path folder_, stop_, checkpoint_;
  timespec stopSince_{}, checkpointSince_{};
  double last_ = -1;
  int missed_ = 0;
};

}  // namespace lacuna
