#include "io/run_log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.hpp"
#include "base/node_memory.hpp"
#include "base/stop.hpp"
#include "io/digest.hpp"
#include "version.hpp"

namespace lacuna {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN: what is not there is null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// A number, true or false stays what it is; anything else is text.
Json asValue(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_number() || value.is_boolean() ? value : Json(text);
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string column(double value, int precision) {
  return std::isnan(value) ? fmt::format("{:>16}", "-") : fmt::format("{:>16.{}g}", value, precision);
}

/// "4.2 s", "12:07", "3:05:00"
std::string duration(double seconds) {
  if (std::isnan(seconds)) return "-";
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto s = static_cast<long long>(std::llround(std::min(seconds, 1e9)));
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

/// What a full disk left behind the last whole line goes.
void cutHalfLine(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  std::ifstream file(path, std::ios::binary);
  if (none || !file) return;
  std::uintmax_t whole = 0, at = 0;
  for (std::istreambuf_iterator<char> c(file), end; c != end; ++c) {
    ++at;
    if (*c == '\n') whole = at;
  }
  if (whole < size) std::filesystem::resize_file(path, whole, none);
}

std::string earlier(const std::string& path) { return path + ".old"; }

/// The log of the product that stands until another run has replaced both, however many fail.
void keepEarlier(const std::string& path) {
  std::error_code none, failed;
  if (std::filesystem::file_size(path, none) == 0 || none || std::filesystem::exists(earlier(path), none)) return;
  std::filesystem::rename(path, earlier(path), failed);
  if (failed)
    throw Error(ExitCode::CannotCreate, "cannot rename " + path + " to " + earlier(path) + ": " + failed.message());
}

}  // namespace

RunLog::RunLog(MPI_Comm comm, const std::string& jsonl, Mode mode, bool print)
    : comm_(comm), path_(jsonl), print_(print), file_(nullptr, std::fclose) {
  onRankZero(comm_, [&] {
    if (path_.empty()) return;
    if (mode == Mode::Append)
      cutHalfLine(path_);
    else
      keepEarlier(path_);
    file_.reset(std::fopen(path_.c_str(), mode == Mode::Append ? "ae" : "we"));
    if (!file_) throw Error(ExitCode::CannotCreate, "cannot create " + path_ + ": " + std::strerror(errno));
  });
}

void RunLog::print(const std::string& text) {
  if (!print_ || rankOf(comm_) != 0) return;
  std::fflush(stdout);
  for (std::string_view rest = text; !rest.empty() && !endIsNear();) {
    const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (n < 0 && errno != EINTR) return;  // nobody reads it: that does not end a run
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

void RunLog::write(const std::string& line) {
  onRankZero(comm_, [&] {
    if (!file_) return;
    const std::string whole = line + '\n';
    if (std::fwrite(whole.data(), 1, whole.size(), file_.get()) != whole.size() || std::fflush(file_.get()) != 0)
      throw Error(ExitCode::IoError, "cannot write " + path_ + ": " + std::strerror(errno));
  });
}

void RunLog::iteration(const Progress& told) {
  Progress progress = told;
  progress.x = nullptr;  // a view, which does not outlive the call
  if (const auto before = secondsBefore_.find(told.solver); before != secondsBefore_.end())
    progress.seconds += before->second;
  std::vector<Progress>& history = history_[progress.solver];
  history.push_back(progress);
  const double left = secondsLeft(history);
  if (!headerShown_)
    print(fmt::format("{:<14}{:>6}{:>16}{:>16}{:>16}{:>16}{:>12}{:>12}\n", "solver", "iter", "energy", "chi2/datum",
                      "prior energy", "gradient norm", "seconds", "left"));
  headerShown_ = true;
  print(fmt::format("{:<14}{:>6}{}{}{}{}{:>12.3f}{:>12}\n", progress.solver, progress.iteration,
                    column(progress.energy, 10), column(progress.chi2PerDatum, 6), column(progress.priorEnergy, 8),
                    column(progress.gradientNorm, 4), progress.seconds, duration(left)));
  write(dump(Json{{"event", "iteration"},
                  {"solver", progress.solver},
                  {"iteration", progress.iteration},
                  {"energy", number(progress.energy)},
                  {"chi2_per_datum", number(progress.chi2PerDatum)},
                  {"prior_energy", number(progress.priorEnergy)},
                  {"gradient_norm", number(progress.gradientNorm)},
                  {"target", number(progress.target)},
                  {"seconds", number(progress.seconds)},
                  {"seconds_left", number(left)}}));
}

void RunLog::message(const std::string& text) {
  print(text + '\n');
  write(dump(Json{{"event", "message"}, {"text", text}}));
}

void RunLog::event(const std::string& name, const std::vector<std::pair<std::string, std::string>>& values) {
  Json json{{"event", name}};
  for (const auto& [key, value] : values) json[key] = asValue(value);
  write(dump(json));
}

void RunLog::start(const std::string& program, const std::string& configToml) {
  const std::string hash = sha256(configToml);
  print(fmt::format("{} {} ({}) on {} rank{}, config {}\n", program, versionText, gitHash, sizeOf(comm_),
                    sizeOf(comm_) == 1 ? "" : "s", hash.substr(0, 12)));
  write(dump(Json{{"event", "start"},
                  {"program", program},
                  {"version", versionText},
                  {"git_hash", gitHash},
                  {"ranks", sizeOf(comm_)},
                  {"config_sha256", hash}}));
}

void RunLog::layout(const Cube& cube) {
  const Shape& shape = cube.shape();
  write(dump(Json{{"event", "layout"},
                  {"frames", shape.frames},
                  {"channels", shape.channels},
                  {"nz", shape.nz},
                  {"ny", shape.ny},
                  {"nx", shape.nx},
                  {"time_groups", cube.grid().timeSize()},
                  {"ranks_in_space", cube.grid().spaceSize()}}));
}

void RunLog::finish(const std::string& stopped, const std::vector<PhaseTimes>& phases, double wallSeconds,
                    const std::vector<std::string>& written) {
  print(fmt::format("{}\n\n{}", stopped, phaseTable(phases, wallSeconds)));
  const PeakMemory memory = peakMemory(comm_);
  print(fmt::format("peak memory {:.1f} MB on the largest rank, {:.1f} MB in all\n",
                    1e-6 * static_cast<double>(memory.most), 1e-6 * static_cast<double>(memory.all)));
  for (const std::string& path : written) print("wrote " + path + '\n');
  Json table = Json::array();
  for (const PhaseTimes& p : phases)
    table.push_back({{"phase", p.name},
                     {"calls", p.calls},
                     {"seconds_mean", number(p.mean)},
                     {"seconds_max", number(p.max)},
                     {"work", number(p.work)},
                     {"unit", p.unit},
                     {"messages", number(p.messages)},
                     {"messages_max", number(p.messagesMax)},
                     {"bytes_sent", number(p.bytes)},
                     {"bytes_sent_max", number(p.bytesMax)}});
  write(dump(Json{{"event", "finish"},
                  {"stopped", stopped},
                  {"seconds", number(wallSeconds)},
                  {"phases", table},
                  {"peak_memory_bytes", memory.most},
                  {"peak_memory_bytes_all", memory.all},
                  {"written", written}}));
  if (rankOf(comm_) == 0 && file_) std::remove(earlier(path_).c_str());
}

const std::vector<Progress>& RunLog::history(const std::string& solver) const {
  static const std::vector<Progress> none;
  const auto found = history_.find(solver);
  return found == history_.end() ? none : found->second;
}

std::map<std::string, std::vector<double>> RunLog::tables() const {
  std::map<std::string, std::vector<double>> out;
  for (const auto& [solver, history] : history_)
    for (const Progress& p : history)
      for (const double value : {static_cast<double>(p.iteration), p.energy, p.chi2PerDatum, p.priorEnergy,
                                 p.gradientNorm, p.target, p.seconds})
        out[solver].push_back(value);
  return out;
}

void RunLog::restore(const std::map<std::string, std::vector<double>>& tables) {
  constexpr std::size_t columns = 7;
  for (const auto& [solver, table] : tables) {
    std::vector<Progress>& history = history_[solver];
    history.clear();
    for (std::size_t i = 0; i + columns <= table.size(); i += columns) {
      const double* v = table.data() + i;
      history.push_back({solver, static_cast<int>(v[0]), v[1], v[2], v[3], v[4], v[5], v[6], nullptr});
    }
    if (!history.empty()) secondsBefore_[solver] = history.back().seconds;
  }
}

double secondsLeft(const std::vector<Progress>& history) {
  constexpr std::size_t most = 10;
  const std::size_t n = std::min(history.size(), most);
  if (n < 2) return Progress::none;
  const Progress& last = history.back();
  if (!(last.target > 0) || !(last.gradientNorm > 0)) return Progress::none;
  if (last.gradientNorm <= last.target) return 0;
  double st = 0, sg = 0, stt = 0, stg = 0;  // log(norm) against seconds, relative to the last point
  for (std::size_t i = history.size() - n; i < history.size(); ++i) {
    const double t = history[i].seconds - last.seconds, g = std::log(history[i].gradientNorm / last.gradientNorm);
    st += t, sg += g, stt += t * t, stg += t * g;
  }
  const double count = static_cast<double>(n);
  const double slope = (count * stg - st * sg) / (count * stt - st * st);
  const double left = std::log(last.target / last.gradientNorm) / slope;
  return std::isfinite(left) && slope < 0 ? left : Progress::none;
}

}  // namespace lacuna
