#pragma once
#include <petscsys.h>

#include <cstdint>
#include <limits>
#include <string>

namespace lacuna {

/// Collects entries that are wrong, to name the first of them by natural index and to say how many there are.
class BadEntries {
 public:
  void add(std::int64_t natural);  ///< rank-local
  /// Collective. Exit 65 with "WHAT at natural index FIRST (COUNT in all)" if any rank has added one.
  void throwIfAny(MPI_Comm comm, const std::string& what) const;

 private:
  long long first_ = std::numeric_limits<long long>::max(), count_ = 0;
};

}  // namespace lacuna
