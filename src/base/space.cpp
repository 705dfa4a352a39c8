#include "base/space.hpp"

#include <limits>
#include <string>

namespace lacuna {

struct Space::State {
  MPI_Comm comm = MPI_COMM_NULL;
  PetscInt local = 0, global = 0;
  std::vector<NaturalRun> runs;
  std::shared_ptr<const void> owner;  ///< outlives the pool: members go in reverse order
  std::vector<VecHandle> pool;
};

Space::Space(MPI_Comm comm, std::int64_t local, std::vector<NaturalRun> runs, std::shared_ptr<const void> owner)
    : state_(std::make_shared<State>()) {
  long long mine = local, all = 0;
  checkMpi(MPI_Allreduce(&mine, &all, 1, MPI_LONG_LONG, MPI_SUM, comm));
  if (all > std::numeric_limits<PetscInt>::max())
    throw Error(ExitCode::BadConfig, std::to_string(all) + " unknowns overflow the " +
                                         std::to_string(8 * sizeof(PetscInt)) +
                                         "-bit indices of this PETSc: build with -DLACUNA_PETSC=petsc64");
  state_->comm = comm;
  state_->local = static_cast<PetscInt>(local);
  state_->global = static_cast<PetscInt>(all);
  state_->runs = std::move(runs);
  state_->owner = std::move(owner);
}

Space Space::line(MPI_Comm comm, PetscInt global) {
  PetscInt local = PETSC_DECIDE, first = 0;
  check(PetscSplitOwnership(comm, &local, &global));
  checkMpi(MPI_Exscan(&local, &first, 1, MPIU_INT, MPI_SUM, comm));
  if (rankOf(comm) == 0) first = 0;  // MPI_Exscan leaves rank 0 undefined
  return Space(comm, local, {NaturalRun{0, local, first, 1}});
}

MPI_Comm Space::comm() const { return state_->comm; }
PetscInt Space::local() const { return state_->local; }
PetscInt Space::global() const { return state_->global; }
std::span<const NaturalRun> Space::naturalRuns() const { return state_->runs; }

VecHandle Space::vec() const {
  VecHandle x;
  if (!state_->pool.empty()) {  // what a solver has left behind makes room for its results
    x = std::move(state_->pool.back());
    state_->pool.pop_back();
    check(VecSet(x, 0));
    return x;
  }
  check(VecCreateMPI(state_->comm, state_->local, state_->global, x.out()));
  return x;
}

ScratchVec Space::scratch() const {
  if (state_->pool.empty()) return {state_, vec()};
  VecHandle x = std::move(state_->pool.back());
  state_->pool.pop_back();
  return {state_, std::move(x)};
}

bool Space::holds(Vec x) const {
  PetscInt n = 0, N = 0;
  check(VecGetLocalSize(x, &n));
  check(VecGetSize(x, &N));
  return n == state_->local && N == state_->global;
}

bool operator==(const Space& a, const Space& b) {
  if (a.state_ == b.state_) return true;
  return a.state_ && b.state_ && a.comm() == b.comm() && a.local() == b.local() && a.global() == b.global();
}

ScratchVec::ScratchVec(std::shared_ptr<Space::State> owner, VecHandle vec)
    : owner_(std::move(owner)), vec_(std::move(vec)) {}
ScratchVec::~ScratchVec() {
  if (vec_) owner_->pool.push_back(std::move(vec_));
}

}  // namespace lacuna
