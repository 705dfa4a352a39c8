#pragma once
/// "Did you mean": names close to one that does not exist. Needs neither MPI nor PETSc.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lacuna {

/// Number of insertions, deletions and substitutions that turn a into b (Levenshtein 1966).
inline std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

/// The `most` nearest of `names`, nearest first; ties in the order given.
inline std::vector<std::string> nearestNames(std::string_view wanted, const std::vector<std::string>& names,
                                             std::size_t most = 3) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& name : names) ranked.emplace_back(editDistance(wanted, name), name);
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(most, ranked.size()); ++i) out.push_back(ranked[i].second);
  return out;
}

}  // namespace lacuna
