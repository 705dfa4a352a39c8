#pragma once
#include "base/sparse_entries.hpp"
#include "operators/known_diagonal.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// A sparse matrix between two spaces on one communicator, rows and columns distributed as they are: a PETSc MPIAIJ
/// matrix. Rows and columns of the file are natural indices. H^T diag(w) H takes one pass over the matrix.
class SparseOperator final : public LinearOperator, public KnownDiagonal {
 public:
  /// Collective. Sends every entry to the rank that owns its row. Throws 65 if the matrix does not fit the spaces.
  SparseOperator(const Space& domain, const Space& range, SparseEntries entries);
  Mat mat() const { return mat_; }  ///< a view
  bool addGramDiagonal(Vec w, Vec d) const override;

 private:
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  void doAddTo(Vec x, Vec y) const override;
  void doApplyGram(Vec w, Vec x, Vec y) const override;
  void findParts();
  double gigabytes() const;  ///< of my part of the matrix
  void sendBack(Vec y) const;

  /// Compressed rows of my part of the matrix, as PETSc keeps them: views.
  struct Rows {
    const PetscInt *begin = nullptr, *column = nullptr;
    const PetscScalar* value = nullptr;
    /// sum_k a_k x_(column k) over row i
    double dot(PetscInt i, const double* x) const {
      double sum = 0;
      for (PetscInt k = begin[i]; k < begin[i + 1]; ++k) sum += value[k] * x[column[k]];
      return sum;
    }
    /// y_(column k) <- y_(column k) + s a_k over row i
    void add(PetscInt i, double s, double* y) const {
      for (PetscInt k = begin[i]; k < begin[i + 1]; ++k) y[column[k]] += s * value[k];
    }
    /// y_(column k) <- y_(column k) + s a_k^2 over row i
    void addSquares(PetscInt i, double s, double* y) const {
      for (PetscInt k = begin[i]; k < begin[i + 1]; ++k) y[column[k]] += s * value[k] * value[k];
    }
  };

  MatHandle mat_;
  Rows own_, others_;            ///< columns that are mine, and those of other ranks
  VecHandle otherX_, otherSum_;  ///< sequential, of the columns of other ranks
  Handle<VecScatter, VecScatterDestroy> toOthers_;
};

}  // namespace lacuna
