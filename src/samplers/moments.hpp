#pragma once
#include "base/state.hpp"

namespace lacuna {

/// Streaming mean and variance of draws, entry by entry (Welford 1962): no draw is kept.
class Moments {
 public:
  explicit Moments(const Space& space);
  void add(Vec x);
  int count() const { return count_; }
  /// All that it remembers, for a checkpoint.
  State state() {
    return State().field("mean", space_, mean_).field("squares", space_, squares_).value("iteration", count_);
  }
  void mean(Vec m) const;  ///< Throws without a draw.
  /// The unbiased sample standard deviation. Throws if fewer than two draws were added.
  void standardDeviation(Vec sd) const;
  /// About a mean that is known to be zero: sqrt(sum x^2 / n). Throws without a draw.
  void rootMeanSquare(Vec sd) const;

 private:
  void require(Vec out, int draws, const char* what) const;
  Space space_;
  VecHandle mean_, squares_;  ///< squares of deviations from the running mean
  int count_ = 0;
};

}  // namespace lacuna
