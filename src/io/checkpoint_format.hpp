#pragma once
/// What writing and reading checkpoints have in common; see docs/files.md.
#include <string>

namespace lacuna {

inline constexpr const char* checkpointFormat = "lacuna checkpoint";
inline constexpr int checkpointVersion = 5;

inline std::string checkpointDataset(const std::string& stage, const std::string& field) {
  return "state/" + stage + "/" + field;
}

}  // namespace lacuna
