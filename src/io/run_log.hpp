#pragma once
#include <mpi.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/observer.hpp"
#include "base/phase.hpp"
#include "grid/cube.hpp"

namespace lacuna {

/// What the user sees while a program runs: one line an iteration on rank 0, and the same as JSON lines in NAME.jsonl,
/// flushed line by line. Keeps the history for /convergence. Collective throughout; a log that cannot be written
/// stops the run on all ranks (exit 74; 73 if it cannot be created).
class RunLog : public Observer {
 public:
  enum class Mode {
    Replace,  ///< an earlier log is kept as NAME.jsonl.old until finish(): as its product is, should this run fail
    Append
  };
  /// `jsonl`: path of the JSON lines, empty for none. `print` = false: no lines on standard output.
  RunLog(MPI_Comm comm, const std::string& jsonl, Mode mode = Mode::Replace, bool print = true);

  /// One line: solver, iteration, energy, chi2 per datum, prior energy, gradient norm, seconds, time left. What a
  /// method does not have is shown as "-".
  void iteration(const Progress& progress) override;

  /// A line of text, and {"event": "message", "text": ...}.
  void message(const std::string& text);
  /// One JSON line {"event": name, key: value, ...}; values that are JSON numbers stay numbers. Nothing is printed.
  void event(const std::string& name, const std::vector<std::pair<std::string, std::string>>& values);
  /// The start: program, version, ranks, sha256 of the config.
  void start(const std::string& program, const std::string& configToml);
  /// One JSON line: the shape of the unknown, and how the ranks share it. Nothing is printed.
  void layout(const Cube& cube);
  /// The end: why it stopped, the performance table with the peak of memory, what was written.
  void finish(const std::string& stopped, const std::vector<PhaseTimes>& phases, double wallSeconds,
              const std::vector<std::string>& written);

  /// All iterations of one solver, without the iterate; same on all ranks.
  const std::vector<Progress>& history(const std::string& solver) const;
  /// The history as numbers, by solver, for a checkpoint; and back. Seconds of a solver that is told of again then go
  /// on from its last ones.
  std::map<std::string, std::vector<double>> tables() const;
  void restore(const std::map<std::string, std::vector<double>>& tables);

  const std::string& path() const { return path_; }  ///< of the JSON lines; empty: none

 private:
  void print(const std::string& text);
  void write(const std::string& line);

  MPI_Comm comm_;
  std::string path_;
  bool print_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  bool headerShown_ = false;
  std::map<std::string, std::vector<Progress>> history_;
  std::map<std::string, double> secondsBefore_;  ///< of the run that is resumed
};

/// Seconds until gradientNorm reaches the target, by a straight line through the logarithms of the last ten
/// iterations; NaN if there is no target or it does not fall.
double secondsLeft(const std::vector<Progress>& history);

}  // namespace lacuna
