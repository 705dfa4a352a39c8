#pragma once
#include <cmath>
#include <utility>

namespace lacuna {

/// Where f, given as (value, derivative), crosses zero from below in [low, high]: f(low) <= 0 <= f(high). Newton's
/// method, bisecting where it leaves the bracket or halves it too slowly. To rounding.
template <class F>
double rootBetween(double low, double high, F&& f) {
  double x = 0.5 * (low + high), width = high - low;
  for (int i = 0; i < 2000 && low < high; ++i) {
    const auto [value, derivative] = f(x);
    (value < 0 ? low : high) = x;
    double next = x - value / derivative;
    const bool slow = i % 4 == 3 && std::exchange(width, high - low) < 2 * (high - low);
    if (slow || !(next >= low && next <= high)) next = low + 0.5 * (high - low);
    if (value == 0 || next == x || std::abs(next - x) <= 1e-16 * std::abs(x)) return x;
    x = next;
  }
  return x;
}

}  // namespace lacuna
