#pragma once
#include "model/term.hpp"
#include "operators/laplacian.hpp"

namespace lacuna {

/// Smooth fields, frame by frame, with free boundary:
///   order 1: E = strength/2 sum (difference of neighbours / spacing)^2,   order 2: E = strength/2 sum (K x)^2,
/// K the (2d + 1)-point Laplacian. Differences along axis a are divided by spacing_a. With spacing 1 `strength` has the
/// unit 1 / x^2: strength^(-1/2) is the typical difference (order 1), or deviation from the mean of the neighbours
/// times 2d (order 2). Improper: it says nothing of the mean.
class Smoothness final : public FactoredTerm {
 public:
  /// Collective. Throws 78 unless strength >= 0 and finite, and order is 1 or 2.
  Smoothness(const Cube& cube, double strength, int order = 1, const Spacing& spacing = {1, 1, 1});

 private:
  std::unique_ptr<FactoredAt> doFactoredAt(Vec x) const override;
  double strength_;
  int order_;
  std::shared_ptr<const Gradient> D_;  ///< order 1
  std::shared_ptr<const Laplacian> K_;
};

}  // namespace lacuna
