#pragma once
#include <petscvec.h>

#include <limits>
#include <string>

namespace lacuna {

class Stage;

/// Where a solver stands. Numbers that a method does not have are NaN.
struct Progress {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::string solver;  ///< "wiener", "map", "sample 3", ...
  int iteration = 0;
  double energy = none;  ///< nats
  double chi2PerDatum = none;
  double priorEnergy = none;   ///< nats
  double gradientNorm = none;  ///< ||r||/||b|| of linear solves, ||g|| otherwise
  double target = none;        ///< the gradientNorm at which the solver stops, for the ETA
  double seconds = 0;          ///< since the solver started
  Vec x = nullptr;             ///< the iterate, where there is one; a view for the time of the call
  bool last = false;           ///< the limit of iterations ends the solve: with a higher one it goes on from here
};

/// Told by every solver after each iteration, on all ranks. Both calls are where a run is checkpointed and stopped: the
/// state of all Stages must be whole, and an exception (the same on all ranks) may come out.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Collective. An iteration that a user wants to see.
  virtual void iteration(const Progress& progress) = 0;
  /// Collective. One that nobody wants to see: of an inner solve.
  virtual void tick() {}

  /// What is known of a Stage that begins.
  enum class Kept { Nothing, Begun, Done };

 protected:
  friend class Stage;
  friend class Quiet;
  /// Collective. A Stage begins: its state is restored where an earlier run has left one.
  virtual Kept open(Stage&) { return Kept::Nothing; }
  /// Rank-local. Its state is gone.
  virtual void close(const Stage&) noexcept {}
};

/// Passes on everything but the lines: for a solve inside another one.
class Quiet final : public Observer {
 public:
  explicit Quiet(Observer* observer) : observer_(observer) {}
  void iteration(const Progress&) override { tick(); }
  void tick() override {
    if (observer_) observer_->tick();
  }

 private:
  Kept open(Stage& stage) override { return observer_ ? observer_->open(stage) : Kept::Nothing; }
  void close(const Stage& stage) noexcept override {
    if (observer_) observer_->close(stage);
  }
  Observer* observer_;
};

/// tick() of an observer that may be null.
inline void tick(Observer* observer) {
  if (observer) observer->tick();
}

}  // namespace lacuna
