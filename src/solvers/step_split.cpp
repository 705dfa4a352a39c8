#include "solvers/step_split.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/vector_clones.hpp"

namespace lacuna {
namespace {

/// s <- s + relaxation (after - before - w), w = s beyond the threshold.
LACUNA_VECTOR_CLONES void move(std::size_t n, double threshold, double relaxation, const double* before,
                               const double* after, double* s) {
  for (std::size_t i = 0; i < n; ++i)
    s[i] += relaxation * (after[i] - before[i] - s[i] + std::clamp(s[i], -threshold, threshold));
}
/// rows <- rows + rho (2 w - s)
LACUNA_VECTOR_CLONES void addReflection(std::size_t n, double threshold, double rho, const double* s, double* rows) {
  for (std::size_t i = 0; i < n; ++i) rows[i] += rho * (s[i] - 2 * std::clamp(s[i], -threshold, threshold));
}

/// rows <- rows + rho (s - w)
void addMultiplier(std::size_t n, double threshold, double rho, const double* s, double* rows) {
  for (std::size_t i = 0; i < n; ++i) rows[i] += rho * std::clamp(s[i], -threshold, threshold);
}

}  // namespace

StepSplit::StepSplit(const Cube& grid, double strength, double relaxation)
    : space_(grid.space()),
      comm_(grid.grid().time()),
      strength_(strength),
      relaxation_(relaxation),
      frames_(grid.box().count[0]) {
  const Box& box = grid.box();
  row_ = static_cast<std::size_t>(box.count[4]) * static_cast<std::size_t>(grid.shape().nz > 1 ? box.count[3] : 1);
  plane_ = row_ * static_cast<std::size_t>(box.count[static_cast<std::size_t>(grid.slabAxis())]);
  if (frames_ > 0 && box.start[0] > 0) before_ = grid.grid().timeRank() - 1;
  if (frames_ > 0 && box.start[0] + frames_ < grid.shape().frames) after_ = grid.grid().timeRank() + 1;
  s_.resize(static_cast<std::size_t>(frames_) * plane_);
  taken_.resize(plane_);
  if (after_ != MPI_PROC_NULL) next_.resize(plane_), last_.resize(plane_);
  if (before_ != MPI_PROC_NULL) first_.resize(plane_), ghost_.resize(plane_);
}

std::int64_t StepSplit::bytes(const Cube& grid) {
  const std::int64_t field = 8 * grid.box().size(), frames = grid.box().count[0];
  return field + (frames > 0 ? 5 * field / frames : 0);
}

void StepSplit::add(PetscInt frame, PetscInt firstRow, PetscInt count, double* rows) const {
  const std::size_t at = static_cast<std::size_t>(firstRow) * row_, n = static_cast<std::size_t>(count) * row_;
  const double threshold = strength_ / rho_;
  const double* s = s_.data() + static_cast<std::size_t>(frame) * plane_ + at;
  if (frame > 0 || before_ != MPI_PROC_NULL) addReflection(n, threshold, rho_, s, rows);
  if (frame + 1 < frames_)
    addReflection(n, threshold, -rho_, s + plane_, rows);
  else if (after_ != MPI_PROC_NULL)
    addReflection(n, threshold, -rho_, next_.data() + at, rows);
}

void StepSplit::take(PetscInt frame, PetscInt firstRow, PetscInt count, const double* x) {
  if (frame != current_) previous_ = std::exchange(current_, frame);
  const std::size_t at = static_cast<std::size_t>(firstRow) * row_, n = static_cast<std::size_t>(count) * row_;
  double* other = taken_.data() + at;
  const bool upwards = frame > previous_;
  if (previous_ >= 0)
    move(n, strength_ / rho_, relaxation_, upwards ? other : x, upwards ? x : other,
         s_.data() + static_cast<std::size_t>(std::max(frame, previous_)) * plane_ + at);
  std::copy_n(x, n, other);
  if (frame == 0 && before_ != MPI_PROC_NULL) std::copy_n(x, n, first_.data() + at);
  if (frame + 1 == frames_ && after_ != MPI_PROC_NULL) std::copy_n(x, n, last_.data() + at);
}

void StepSplit::finish() {
  current_ = previous_ = -1;
  exchange(last_.data(), after_, ghost_.data(), before_);
  if (before_ != MPI_PROC_NULL) move(plane_, strength_ / rho_, relaxation_, ghost_.data(), first_.data(), s_.data());
  sendFirst();
}

void StepSplit::sendFirst() { exchange(s_.data(), before_, next_.data(), after_); }

void StepSplit::exchange(const double* mine, int to, double* theirs, int from) const {
  const auto n = [&](int rank) { return rank == MPI_PROC_NULL ? 0 : static_cast<int>(plane_); };
  checkMpi(
      MPI_Sendrecv(mine, n(to), MPI_DOUBLE, to, 0, theirs, n(from), MPI_DOUBLE, from, 0, comm_, MPI_STATUS_IGNORE));
}

void StepSplit::setPenalty(double rho) {
  const double c = rho_ / rho, threshold = strength_ / rho_;
  for (auto* points : {&s_, &next_})
    for (double& s : *points) s += (c - 1) * std::clamp(s, -threshold, threshold);
  rho_ = rho;
}

SplitSize StepSplit::size() const {
  const double threshold = strength_ / rho_;
  SplitSize size;
  for (std::size_t i = before_ == MPI_PROC_NULL ? plane_ : 0; i < s_.size(); ++i) {
    const double s = std::abs(s_[i]), p = rho_ * std::min(s, threshold), w = std::max(s - threshold, 0.0);
    size.multipliers += p * p;
    size.features += w * w;
  }
  return size;
}

void StepSplit::addMultipliers(const WindowRows& rows, const Space& image, Vec v) const {
  const double threshold = strength_ / rho_;
  const ScratchVec part = image.scratch();
  {
    std::vector<double> plane(plane_);
    const WriteLocal out(part);
    for (PetscInt t = 0; t < frames_; ++t) {
      std::ranges::fill(plane, 0.0);
      const double* s = s_.data() + static_cast<std::size_t>(t) * plane_;
      if (t > 0 || before_ != MPI_PROC_NULL) addMultiplier(plane_, threshold, rho_, s, plane.data());
      if (t + 1 < frames_)
        addMultiplier(plane_, threshold, -rho_, s + plane_, plane.data());
      else if (after_ != MPI_PROC_NULL)
        addMultiplier(plane_, threshold, -rho_, next_.data(), plane.data());
      rows.toField(plane.data(), t, 0, rows.rows(), out.data());
    }
    rows.receiveField(out.data());
  }
  check(VecAXPY(v, 1, part));
}

void StepSplit::keepIn(State& state, ArrayViews& views) {
  state.field("step_point", space_, views.of(space_, s_)).value("step_rho", rho_);
}

}  // namespace lacuna
