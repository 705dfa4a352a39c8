#pragma once
#include <string>

#include "survey/mock_output.hpp"

namespace lacuna {

/// What was drawn, beside what was asked for.
struct MockSummary {
  double kappaMean = 0, kappaSd = 0, kappaMin = 0, kappaMax = 0;  ///< in the window, masked or not
  double galaxies = 0, expectedGalaxies = 0;  ///< drawn, and density times the solid angle that is open
  double openArea = 0, area = 0;              ///< arcmin^2: unmasked, and of the window
  std::string text() const;
};

/// Collective.
MockSummary summarize(const MockTruth& truth, double densityPerArcmin2);

}  // namespace lacuna
