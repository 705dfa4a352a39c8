#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/handle.hpp"

namespace lacuna {

/// `count` entries of a rank's part, starting at local index `local`, whose natural indices are
/// natural, natural + stride, natural + 2 stride, ...
struct NaturalRun {
  PetscInt local = 0;
  PetscInt count = 0;
  std::int64_t natural = 0;
  std::int64_t stride = 1;
};

class ScratchVec;

/// A vector space: a communicator, a parallel layout, and the natural index of every entry (its place in
/// the undivided array, the same on any number of ranks: what random numbers and files are keyed by).
/// Cheap to copy; copies share one pool of scratch vectors. A rank may own nothing.
class Space {
 public:
  Space() = default;
  /// Collective. `runs` covers this rank's entries once each. `owner` keeps the
  /// communicator alive. Throws (exit 78) if the global size overflows PetscInt.
  Space(MPI_Comm comm, std::int64_t local, std::vector<NaturalRun> runs, std::shared_ptr<const void> owner = nullptr);
  /// Collective. `global` entries in PETSc's own contiguous layout, natural index = global index.
  static Space line(MPI_Comm comm, PetscInt global);

  MPI_Comm comm() const;
  PetscInt local() const;
  PetscInt global() const;
  std::span<const NaturalRun> naturalRuns() const;

  VecHandle vec() const;       ///< Collective. A new vector of zeros.
  ScratchVec scratch() const;  ///< A vector of undefined content, returned to the pool by its destructor.
  bool holds(Vec x) const;     ///< x has this layout
  /// Same layout (communicator, local and global size).
  friend bool operator==(const Space& a, const Space& b);

 private:
  friend class ScratchVec;
  struct State;
  std::shared_ptr<State> state_;
};

/// A vector borrowed from the pool of a Space.
class ScratchVec {
 public:
  ScratchVec(ScratchVec&&) noexcept = default;
  ScratchVec& operator=(ScratchVec&&) = delete;
  ~ScratchVec();
  operator Vec() const noexcept { return vec_; }

 private:
  friend class Space;
  ScratchVec(std::shared_ptr<Space::State> owner, VecHandle vec);
  std::shared_ptr<Space::State> owner_;
  VecHandle vec_;
};

}  // namespace lacuna
