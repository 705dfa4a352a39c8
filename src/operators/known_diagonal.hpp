#pragma once
#include <petscvec.h>

namespace lacuna {

/// What operators offer besides that can tell a diagonal at the cost of an application or so, for preconditioners.
/// Both are collective and return, the same on all ranks, whether they could; if not, d is as it was.
class KnownDiagonal {
 public:
  virtual ~KnownDiagonal() = default;
  /// d <- d + diag(A)
  virtual bool addDiagonal(Vec) const { return false; }
  /// d <- d + diag(A^T diag(w) A); null: w = 1
  virtual bool addGramDiagonal(Vec, Vec) const { return false; }

 protected:
  KnownDiagonal() = default;
  KnownDiagonal(const KnownDiagonal&) = default;
  KnownDiagonal& operator=(const KnownDiagonal&) = default;
};

}  // namespace lacuna
