#pragma once
/// "Did you mean": names close to one that does not exist. Needs neither MPI nor PETSc.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lacuna {

/// Edit distance: insertions, deletions, substitutions and swaps of neighbours count 1 each (optimal string alignment);
/// upper and lower case (ASCII) are the same.
inline std::size_t editDistance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<std::size_t> older(b.size() + 1), old(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    older.swap(old);
    old.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], older[j - 2] + 1);
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
