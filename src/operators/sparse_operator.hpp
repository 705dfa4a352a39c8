#pragma once
#include "base/sparse_entries.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// A sparse matrix between two spaces on one communicator, rows and columns distributed as they are: a PETSc MPIAIJ
/// matrix. Rows and columns of the file are natural indices.
class SparseOperator final : public LinearOperator {
 public:
  /// Collective. Sends every entry to the rank that owns its row. Throws 65 if the matrix does not fit the spaces.
  SparseOperator(const Space& domain, const Space& range, SparseEntries entries);
  Mat mat() const { return mat_; }  ///< a view

 private:
  void doApplyForward(Vec x, Vec y) const override { check(MatMult(mat_, x, y)); }
  void doApplyAdjoint(Vec y, Vec x) const override { check(MatMultTranspose(mat_, y, x)); }
  void doAddTo(Vec x, Vec y) const override { check(MatMultAdd(mat_, x, y, y)); }
  MatHandle mat_;
};

}  // namespace lacuna
