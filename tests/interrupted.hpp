#pragma once
/// A run that is stopped at some iteration and resumed, without files: what was open is kept in memory.
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/stage.hpp"
#include "natural.hpp"

namespace lacuna {

/// Thrown out of a solver on all ranks.
struct Interrupted {};

/// Counts iterations and ticks. interruptAt(n) keeps the state at the n-th and throws; a solver that is then called
/// again with the same observer goes on from there.
class Interrupter final : public Observer {
 public:
  void interruptAt(int count) { left_ = count; }
  int calls() const { return calls_; }
  const std::vector<Progress>& lines() const { return lines_; }
  /// Whether anything was restored.
  bool resumed() const { return resumed_; }

  void iteration(const Progress& progress) override {
    lines_.push_back(progress);
    lines_.back().x = nullptr;
    tick();
  }
  void tick() override {
    ++calls_;
    if (left_ == 0 || --left_ > 0) return;
    kept_.clear();
    for (const Open& open : open_) kept_[open.path] = copyOf(*open.stage);
    throw Interrupted();
  }

 private:
  using Copy =
      std::variant<bool, int, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;
  struct Copied {
    bool finished = false;
    std::map<std::string, std::vector<double>> fields;
    std::map<std::string, Copy> values;
  };
  struct Open {
    const Stage* stage;
    std::string path;
  };

  static Copied copyOf(const Stage& stage) {
    Copied out;
    out.finished = stage.finished();
    for (const State::Field& f : stage.state().fields()) {
      const VecHandle built = f.space.vec();
      if (f.build) f.build(built);
      out.fields[f.name] = inNaturalOrder(f.space, f.build ? Vec(built) : f.x);
    }
    for (const State::Value& v : stage.state().values())
      std::visit([&](const auto* at) { out.values[v.name] = *at; }, v.at);
    return out;
  }
  Kept open(Stage& stage) override {
    std::string path = stage.name();
    for (auto outer = open_.rbegin(); outer != open_.rend(); ++outer)
      if (!outer->stage->finished()) {
        path = outer->path + "/" + path;
        break;
      }
    open_.push_back({&stage, path});
    const auto found = kept_.find(path);
    if (found == kept_.end()) return Kept::Nothing;
    const Copied kept = std::move(found->second);
    kept_.erase(found);
    for (const State::Field& f : stage.state().fields()) {
      const std::vector<double>& all = kept.fields.at(f.name);
      fillNatural(f.space, f.x, [&](std::int64_t i) { return all.at(static_cast<std::size_t>(i)); });
    }
    for (const State::Value& v : stage.state().values())
      std::visit([&](auto* at) { *at = std::get<std::decay_t<decltype(*at)>>(kept.values.at(v.name)); }, v.at);
    resumed_ = true;
    return kept.finished ? Kept::Done : Kept::Begun;
  }
  void close(const Stage& stage) noexcept override {
    std::erase_if(open_, [&](const Open& open) { return open.stage == &stage; });
  }

  int left_ = 0, calls_ = 0;
  bool resumed_ = false;
  std::vector<Progress> lines_;
  std::vector<Open> open_;
  std::map<std::string, Copied> kept_;
};

/// Calls solve(observer), stops it at its `count`-th iteration or tick, and calls it again. False if it was done
/// before.
template <class F>
bool interruptAndResume(Interrupter& observer, int count, F&& solve) {
  observer.interruptAt(count);
  try {
    solve(observer);
    return false;
  } catch (const Interrupted&) {
  }
  observer.interruptAt(0);
  solve(observer);
  return true;
}

}  // namespace lacuna
