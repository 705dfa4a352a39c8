#include "io/checkpointer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace lacuna {
namespace {

/// Beside those of Asked.
constexpr int periodic = 16, timeOver = 32, stopFile = 64, checkpointFile = 128, folderGone = 256;
constexpr int leaving = static_cast<int>(Asked::Usr1) | static_cast<int>(Asked::Terminate) |
                        static_cast<int>(Asked::Interrupt) | timeOver | stopFile;
constexpr double slowDisk = 50e6;  ///< bytes a second: what is supposed of a disk before the first write

std::string reasonText(int asked) {
  std::string text = signalText(asked);
  for (const auto& [bit, word] : {std::pair{timeOver, "--max-hours"}, std::pair{stopFile, "the file STOP"},
                                  std::pair{checkpointFile, "the file CHECKPOINT"}})
    if (asked & bit) text += (text.empty() ? "" : " and ") + std::string(word);
  return text;
}

}  // namespace

Checkpointer::Checkpointer(MPI_Comm comm, RunLog& log, CheckpointOptions options, RunIdentity run,
                           std::unique_ptr<const CheckpointFile> from)
    : comm_(comm),
      log_(log),
      options_(std::move(options)),
      run_(std::move(run)),
      from_(std::move(from)),
      folder_(comm, options_.folder, options_.name) {
  folder_.removeTemporary();
  if (const std::vector<int> there = folder_.numbers(); !there.empty()) next_ = there.back() + 1;
  lastTime_ = secondsSinceStart();
  log_.event("run", {{"uuid", run_.uuid}});
  if (rankOf(comm_) == 0) files_.emplace(options_.outputFolder, log.path());
  if (!from_) {
    folder_.removeLimit();
    return;
  }
  limitKept_ = !options_.raised && folder_.hasLimit();
  from_->restoreChoices();
  log_.restore(from_->tables());
  last_ = from_->path();
  log_.message(fmt::format("resumed from {}, of {}, written by {} rank{}", last_, from_->date(), from_->ranks(),
                           from_->ranks() == 1 ? "" : "s"));
}

void Checkpointer::iteration(const Progress& progress) {
  log_.iteration(progress);
  // Of several solves the first: a run with a higher limit goes the same way up to there.
  if (progress.last && !limitKept_) {
    const std::string why = write("the limit of iterations", folder_.limitPath());
    limitKept_ = why.empty();
    if (!why.empty()) warn(why);
  }
  tick();
}

void Checkpointer::tick() {
  const double now = secondsSinceStart();
  if (lastTick_ > 0) longestTick_ = std::max(longestTick_, now - lastTick_);
  const int what = asked();
  if (what & folderGone)
    throw RankError(ExitCode::IoError, 0,
                    fmt::format("the output folder {} is gone, and {}.h5 with it{}", options_.outputFolder.string(),
                                options_.name, last_.empty() ? "" : "; the last checkpoint was " + last_));
  if (what & leaving) stop(reasonText(what));
  if (what) {
    const std::string why = write(what == periodic ? "" : reasonText(what));
    if (!why.empty()) warn(why);
    // The same request, where it reached this rank later than another, is fulfilled; others are not.
    pending_ = takeSignals() & ~(what & static_cast<int>(Asked::Usr2));
  }
  lastTick_ = secondsSinceStart();
}

void Checkpointer::warn(const std::string& why) {
  log_.message(fmt::format("WARNING: no checkpoint could be written: {}; the run goes on{}", why,
                           last_.empty() ? "" : ", the last one is " + last_));
}

int Checkpointer::asked() {
  int mine = takeSignals() | std::exchange(pending_, 0), all = 0;
  if (files_) {
    const StopFiles::Seen seen = files_->look();
    if (seen.stop) mine |= stopFile;
    if (seen.checkpoint) mine |= checkpointFile;
    if (seen.gone) mine |= folderGone;
    if (secondsSinceStart() - lastTime_ >= options_.everySeconds) mine |= periodic;
    if (outOfTime()) mine |= timeOver;
  }
  checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_BOR, comm_));
  return all;
}

/// Time for another iteration as long as any so far, and twice for the checkpoint.
bool Checkpointer::outOfTime() const {
  if (!(options_.maxHours > 0)) return false;
  const double expected = writing_ > 0 ? writing_ : 0.5 + static_cast<double>(bytes()) / slowDisk;
  return secondsSinceStart() + longestTick_ + 2 * expected + 1 > 3600 * options_.maxHours;
}

std::int64_t Checkpointer::bytes() const {
  std::int64_t sum = 0;
  for (const Open& open : open_)
    for (const State::Field& field : open.stage->state().fields()) sum += 8 * std::int64_t{field.space.global()};
  return sum;
}

std::string Checkpointer::write(const std::string& because, std::filesystem::path path) {
  const double begin = secondsSinceStart();
  const bool numbered = path.empty();
  if (numbered) path = folder_.path(next_);
  CheckpointParts parts{run_, {}, log_.tables()};
  for (const Open& open : open_) parts.stages.push_back({open.path, &open.stage->state(), open.stage->finished()});
  lastTime_ = begin;  // a disk that is full is not asked again at every iteration
  try {
    const std::int64_t bytes = writeCheckpoint(comm_, path, parts);
    const double seconds = secondsSinceStart() - begin;
    writing_ = std::max(writing_, seconds);
    if (numbered) ++next_;
    last_ = path.string();
    log_.message(fmt::format("checkpoint {}: {:.4g} MB in {:.2f} s{}", last_, 1e-6 * static_cast<double>(bytes),
                             seconds, because.empty() ? "" : ", asked for by " + because));
  } catch (const RankError& e) {  // the same on all ranks
    if (e.code() != ExitCode::IoError && e.code() != ExitCode::CannotCreate) throw;
    return e.what();
  }
  folder_.prune(options_.keep);
  return {};
}

void Checkpointer::stop(const std::string& because) {
  const std::string why = write(because);
  if (why.empty())
    throw RankError(ExitCode::Checkpointed, 0,
                    because + ": the state is saved in " + last_ + "; run me again with --resume auto");
  throw RankError(ExitCode::IoError, 0,
                  because + ": no checkpoint could be written: " + why +
                      (last_.empty() ? "; there is no earlier one" : "; the last one is " + last_));
}

Observer::Kept Checkpointer::open(Stage& stage) {
  std::string path = stage.name();
  for (auto outer = open_.rbegin(); outer != open_.rend(); ++outer)
    if (!outer->stage->finished()) {
      path = outer->path + "/" + path;
      break;
    }
  if (std::ranges::any_of(open_, [&](const Open& other) { return other.path == path; }))
    throw Error("there are two stages '" + path + "' at a time");
  open_.push_back({&stage, path});
  if (!from_ || !taken_.insert(path).second) return Kept::Nothing;
  const Kept kept = from_->restore(path, stage.state());
  if (kept == Kept::Nothing) return kept;
  std::string text = path;
  for (const State::Value& value : stage.state().values())
    if (const auto* at = std::get_if<int*>(&value.at); at && value.name == "iteration" && kept == Kept::Begun)
      text = fmt::format("resumed {} at iteration {}", path, **at);
  if (kept == Kept::Done) text = path + " was finished before";
  if (text == path) text = "resumed " + path;
  if (kept == Kept::Begun && !stage.state().lost().empty()) text += "; " + stage.state().lost();
  log_.message(text);
  run_.resumed.push_back(text);
  return kept;
}

void Checkpointer::close(const Stage& stage) noexcept {
  std::erase_if(open_, [&](const Open& open) { return open.stage == &stage; });
}

void Checkpointer::complete(bool limited) {
  folder_.prune(0);
  folder_.removeParts();
  if (!limited)
    folder_.removeLimit();
  else if (limitKept_)
    log_.message(fmt::format("{} is kept: with a higher [solver] iterations --resume auto goes on from there",
                             folder_.limitPath().string()));
}

}  // namespace lacuna
