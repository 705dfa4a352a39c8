#pragma once
#include <string>
#include <utility>
#include <vector>

#include "config/inputs.hpp"
#include "grid/padding.hpp"
#include "survey/mock_galaxies.hpp"
#include "survey/mock_haloes.hpp"
#include "survey/mock_mask.hpp"

namespace lacuna {

/// What a configuration of lacuna-simulate asks for. Nothing here is collective.
SkyGrid mockGrid(const Inputs& inputs);
PaddedImage mockImage(const Inputs& inputs);
FlatLcdm mockCosmology(const Inputs& inputs);
std::vector<MockHalo> mockHaloes(const Inputs& inputs);
/// The stars of the configuration, then the random holes. Throws (exit 78) where a star has no place on the plane.
std::vector<StarHole> mockHoles(const Inputs& inputs, const SkyGrid& grid);
MockSurvey mockSurvey(const Inputs& inputs);

/// --plan: sizes and memory per rank, as text.
std::string mockPlan(const Inputs& inputs, const Cube& cube);

/// What a reader of the product must know: pairs of key and text for /notes.
std::vector<std::pair<std::string, std::string>> mockNotes(const Inputs& inputs);

}  // namespace lacuna
