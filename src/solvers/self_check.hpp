#pragma once
#include <string>
#include <vector>

#include "model/term.hpp"

namespace lacuna {

/// One line of the table of --check.
struct CheckLine {
  std::string what;
  double found = 0, allowed = 0;
  bool passed() const { return found <= allowed; }
};

/// |<A x, y> - <x, A^T y>| / (||A x|| ||y||) for white noise x and y. Collective.
CheckLine checkAdjoint(const std::string& name, const LinearOperator& A);
/// |<M x, y> - <x, M y>| / (||M x|| ||y||). Collective.
CheckLine checkSymmetry(const std::string& name, const LinearOperator& M);
/// Gradient of a Term against central differences along a random direction at x. Collective.
CheckLine checkGradient(const std::string& name, const Term& term, Vec x);
/// Norms of A x and A^T y (white noise keyed by natural index) must not depend on the number of ranks: `here` on all
/// ranks against `there`, the same operator built on fewer. Every rank calls it; `there` is null where a rank is not
/// among the fewer.
CheckLine checkRanks(const std::string& name, const LinearOperator& here, const LinearOperator* there);

bool allPassed(const std::vector<CheckLine>& lines);
std::string checkTable(const std::vector<CheckLine>& lines);

}  // namespace lacuna
