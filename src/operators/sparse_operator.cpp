#include "operators/sparse_operator.hpp"

#include <petscao.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>

#include "base/phase.hpp"

namespace lacuna {
namespace {

/// Natural indices become PETSc's global ones. Collective.
void toGlobal(const Space& space, std::vector<PetscInt>& indices) {
  std::vector<PetscInt> natural(static_cast<std::size_t>(space.local()));
  PetscInt first = 0;
  const PetscInt local = space.local();
  checkMpi(MPI_Exscan(&local, &first, 1, MPIU_INT, MPI_SUM, space.comm()));
  if (rankOf(space.comm()) == 0) first = 0;
  double moved = 0;
  for (const NaturalRun& run : space.naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) {
      natural[static_cast<std::size_t>(run.local + k)] = static_cast<PetscInt>(run.natural + k * run.stride);
      moved += run.natural + k * run.stride != static_cast<std::int64_t>(first) + run.local + k;
    }
  if (sumOver(space.comm(), moved, nullptr) == 0) return;
  Handle<AO, AODestroy> order;
  check(AOCreateMemoryScalable(space.comm(), local, natural.data(), nullptr, order.out()));
  check(AOApplicationToPetsc(order, static_cast<PetscInt>(indices.size()), indices.data()));
}

struct Entry {
  PetscInt row, column;
  double value;
};

/// Every entry goes to the rank that owns its row. Collective.
std::vector<Entry> exchange(const Space& range, const SparseEntries& m) {
  const MPI_Comm comm = range.comm();
  const auto ranks = static_cast<std::size_t>(sizeOf(comm));
  std::vector<PetscInt> ends(ranks);
  const PetscInt local = range.local();
  checkMpi(MPI_Allgather(&local, 1, MPIU_INT, ends.data(), 1, MPIU_INT, comm));
  std::inclusive_scan(ends.begin(), ends.end(), ends.begin());
  const auto ownerOf = [&](PetscInt row) {
    return static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), row) - ends.begin());
  };
  std::vector<int> sends(ranks, 0), sendAt(ranks, 0), receives(ranks, 0), receiveAt(ranks, 0);
  for (PetscInt row : m.row) ++sends[ownerOf(row)];
  checkMpi(MPI_Alltoall(sends.data(), 1, MPI_INT, receives.data(), 1, MPI_INT, comm));
  std::exclusive_scan(sends.begin(), sends.end(), sendAt.begin(), 0);
  std::exclusive_scan(receives.begin(), receives.end(), receiveAt.begin(), 0);
  std::vector<Entry> out(m.row.size()), in(static_cast<std::size_t>(receiveAt.back() + receives.back()));
  std::vector<int> next = sendAt;
  for (std::size_t k = 0; k < m.row.size(); ++k)
    out[static_cast<std::size_t>(next[ownerOf(m.row[k])]++)] = {m.row[k], m.column[k], m.value[k]};
  MPI_Datatype type = MPI_DATATYPE_NULL;
  checkMpi(MPI_Type_contiguous(sizeof(Entry), MPI_BYTE, &type));
  checkMpi(MPI_Type_commit(&type));
  checkMpi(MPI_Alltoallv(out.data(), sends.data(), sendAt.data(), type, in.data(), receives.data(), receiveAt.data(),
                         type, comm));
  checkMpi(MPI_Type_free(&type));
  return in;
}

const Phase& products() {
  static const Phase phase("sparse matrix", "GB");
  return phase;
}

}  // namespace

SparseOperator::SparseOperator(const Space& domain, const Space& range, SparseEntries m)
    : LinearOperator(domain, range) {
  const std::string shape = std::to_string(m.rows) + " x " + std::to_string(m.columns);
  if (m.rows != range.global() || m.columns != domain.global())
    throw Error(ExitCode::BadData, "the sparse matrix is " + shape + ", the data have " +
                                       std::to_string(range.global()) + " entries and the unknown " +
                                       std::to_string(domain.global()));
  toGlobal(range, m.row);
  toGlobal(domain, m.column);
  std::vector<Entry> mine = exchange(range, m);
  m = {};
  std::sort(mine.begin(), mine.end(),
            [](const Entry& a, const Entry& b) { return a.row != b.row ? a.row < b.row : a.column < b.column; });
  // Compressed rows, with what is in one place added up.
  PetscInt first = 0;
  const PetscInt local = range.local();
  checkMpi(MPI_Exscan(&local, &first, 1, MPIU_INT, MPI_SUM, range.comm()));
  if (rankOf(range.comm()) == 0) first = 0;
  std::vector<PetscInt> rows(static_cast<std::size_t>(local) + 1, 0), columns;
  std::vector<PetscScalar> values;
  columns.reserve(mine.size());
  values.reserve(mine.size());
  const Entry* before = nullptr;
  for (const Entry& e : mine) {
    if (before && before->row == e.row && before->column == e.column) {
      values.back() += e.value;
    } else {
      ++rows[static_cast<std::size_t>(e.row - first) + 1];
      columns.push_back(e.column);
      values.push_back(e.value);
    }
    before = &e;
  }
  std::inclusive_scan(rows.begin(), rows.end(), rows.begin());
  mine = {};
  check(MatCreateMPIAIJWithArrays(range.comm(), local, domain.local(), range.global(), domain.global(), rows.data(),
                                  columns.data(), values.data(), mat_.out()));
  findParts();
  products();  // made on all ranks: one whose frames are none applies nothing
}

void SparseOperator::findParts() {
  Mat own = nullptr, others = nullptr;
  const PetscInt* columns = nullptr;
  check(MatMPIAIJGetSeqAIJ(mat_, &own, &others, &columns));
  const auto rows = [](Mat part) {
    Rows r;
    PetscInt n = 0;
    PetscBool done = PETSC_FALSE;
    check(MatGetRowIJ(part, 0, PETSC_FALSE, PETSC_FALSE, &n, &r.begin, &r.column, &done));
    if (!done) throw Error("SparseOperator: PETSc does not show the rows of its matrix");
    check(MatSeqAIJGetArrayRead(part, &r.value));
    return r;
  };
  own_ = rows(own);
  others_ = rows(others);
  PetscInt count = 0;
  check(MatGetLocalSize(others, nullptr, &count));
  check(VecCreateSeq(PETSC_COMM_SELF, count, otherX_.out()));
  otherSum_ = like(otherX_);
  Handle<IS, ISDestroy> wanted;
  check(ISCreateGeneral(PETSC_COMM_SELF, count, columns, PETSC_USE_POINTER, wanted.out()));
  check(VecScatterCreate(domain().scratch(), wanted, otherX_, nullptr, toOthers_.out()));
}

double SparseOperator::gigabytes() const {
  const auto entries = std::int64_t{own_.begin[range().local()]} + others_.begin[range().local()];
  return 1e-9 * static_cast<double>(entries) * (sizeof(PetscInt) + sizeof(PetscScalar));
}

void SparseOperator::doApplyForward(Vec x, Vec y) const {
  const auto timed = products().scope(gigabytes());
  check(MatMult(mat_, x, y));
}

void SparseOperator::doApplyAdjoint(Vec y, Vec x) const {
  const auto timed = products().scope(gigabytes());
  check(MatMultTranspose(mat_, y, x));
}

void SparseOperator::doAddTo(Vec x, Vec y) const {
  const auto timed = products().scope(gigabytes());
  check(MatMultAdd(mat_, x, y, y));
}

void SparseOperator::doApplyGram(Vec w, Vec x, Vec y) const {
  const auto timed = products().scope(gigabytes());
  check(VecScatterBegin(toOthers_, x, otherX_, INSERT_VALUES, SCATTER_FORWARD));
  check(VecScatterEnd(toOthers_, x, otherX_, INSERT_VALUES, SCATTER_FORWARD));
  check(VecSet(y, 0));
  check(VecSet(otherSum_, 0));
  {
    const ReadLocal weight(w), in(x), otherIn(otherX_);
    const WriteLocal out(y), otherOut(otherSum_);
    for (PetscInt i = 0; i < weight.size(); ++i) {  // y <- sum_i a_i w_i (a_i . x), with the row still in the cache
      const double s = weight[i] * (own_.dot(i, in.data()) + others_.dot(i, otherIn.data()));
      if (s == 0) continue;
      own_.add(i, s, out.data());
      others_.add(i, s, otherOut.data());
    }
  }
  sendBack(y);
}

bool SparseOperator::addGramDiagonal(Vec w, Vec d) const {
  check(VecSet(otherSum_, 0));
  {
    const auto weight = w ? std::make_unique<ReadLocal>(w) : nullptr;
    const WriteLocal out(d), otherOut(otherSum_);
    for (PetscInt i = 0; i < range().local(); ++i) {
      const double s = weight ? (*weight)[i] : 1;
      own_.addSquares(i, s, out.data());
      others_.addSquares(i, s, otherOut.data());
    }
  }
  sendBack(d);
  return true;
}

/// Adds what columns of other ranks have got to y.
void SparseOperator::sendBack(Vec y) const {
  check(VecScatterBegin(toOthers_, otherSum_, y, ADD_VALUES, SCATTER_REVERSE));
  check(VecScatterEnd(toOthers_, otherSum_, y, ADD_VALUES, SCATTER_REVERSE));
}

}  // namespace lacuna
