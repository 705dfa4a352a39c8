#pragma once
#include <concepts>
#include <string>
#include <utility>

#include "base/observer.hpp"
#include "base/state.hpp"

namespace lacuna {

/// A part of a run that a checkpoint keeps for as long as this lives: the state of an iteration while it is under way,
/// or, after finish(), a result. Stages that begin inside another, unfinished one belong to it: their full name is
/// "outer/inner".
///   Stage stage(observer, "kappa_B", State().field("kappa", space, kappa));
///   stage.once([&] { solve(kappa, observer); });
class Stage {
 public:
  /// Collective. Restores `state` where the run is resumed and this part had begun. `observer` may be null.
  Stage(Observer* observer, std::string name, State state)
      : observer_(observer), name_(std::move(name)), state_(std::move(state)) {
    if (observer_) kept_ = observer_->open(*this);
    finished_ = done();
  }
  ~Stage() {
    if (observer_) observer_->close(*this);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  bool restored() const { return kept_ != Observer::Kept::Nothing; }  ///< the state is that of an earlier run
  bool done() const { return kept_ == Observer::Kept::Done; }         ///< an earlier run has finished it
  /// The state is a result now, which stays as it is.
  void finish() { finished_ = true; }
  /// Computes the result, unless an earlier run has.
  template <std::invocable F>
  void once(F&& compute) {
    if (!done()) compute();
    finish();
  }

  const std::string& name() const { return name_; }
  const State& state() const { return state_; }
  bool finished() const { return finished_; }

 private:
  Observer* observer_;
  std::string name_;
  State state_;
  Observer::Kept kept_ = Observer::Kept::Nothing;
  bool finished_ = false;
};

/// A vector that a run computes once, however often it is resumed, for as long as this lives.
///   const KeptVec b(observer, "kappa_B", space, kappaB, [&] { return estimateB(); });
class KeptVec {
 public:
  /// Collective. x <- compute(), or what a checkpoint has of it.
  template <std::invocable F>
  KeptVec(Observer* observer, const std::string& name, const Space& space, VecHandle& x, F&& compute)
      : x_((x = space.vec())), stage_(observer, name, State().field(name, space, x_)) {
    stage_.once([&] { check(VecCopy(compute(), x_)); });
  }

 private:
  Vec x_;
  Stage stage_;
};

}  // namespace lacuna
