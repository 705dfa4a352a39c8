#include "operators/frame_recursion.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr int solveTag = 11;

std::size_t slabOf(const Cube& cube) {
  std::size_t n = 1;
  for (std::size_t axis = 1; axis < 5; ++axis) n *= static_cast<std::size_t>(cube.box().count[axis]);
  return n;
}
/// The one frame that is wanted of the time group `step` away, as a row of RowExchange.
std::vector<RowLink> neighbour(const Cube& cube, int step) {
  const Box& box = cube.box();
  const ProcessGrid& grid = cube.grid();
  const PetscInt frame = step < 0 ? box.start[0] - 1 : box.start[0] + box.count[0];
  if (box.size() == 0 || frame < 0 || frame >= cube.shape().frames) return {};
  const int timeRank = grid.timeRank() + step;
  const PetscInt local = frame - blockOf(cube.shape().frames, grid.timeSize(), timeRank).start;
  return {{timeRank * grid.spaceSize() + grid.spaceRank(), local, 0}};
}
PetscInt rowOf(const Cube& cube) { return static_cast<PetscInt>(std::max<std::size_t>(slabOf(cube), 1)); }

}  // namespace

FrameRecursion::FrameRecursion(const Cube& cube, std::vector<double> own, std::vector<double> previous)
    : LinearOperator(cube.space(), cube.space()),
      cube_(cube),
      frames_(cube.box().count[0]),
      first_(cube.box().start[0]),
      slab_(slabOf(cube)),
      own_(std::move(own)),
      previous_(std::move(previous)),
      before_(cube.comm(), rowOf(cube), neighbour(cube, -1), "exchange in time"),
      after_(cube.comm(), rowOf(cube), neighbour(cube, +1), "exchange in time"),
      ghost_(slab_, 0.0) {
  const auto frames = static_cast<std::size_t>(cube.shape().frames);
  if (own_.size() != frames || previous_.size() != frames)
    throw Error("FrameRecursion: one coefficient a frame is needed");
}

void FrameRecursion::doApplyForward(Vec x, Vec y) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  const auto combine = [&](PetscInt f, const double* before) {
    const double a = own_[static_cast<std::size_t>(first_ + f)];
    const double b = first_ + f > 0 ? previous_[static_cast<std::size_t>(first_ + f)] : 0;
    const double* v = in.data() + static_cast<std::size_t>(f) * slab_;
    double* to = out.data() + static_cast<std::size_t>(f) * slab_;
    if (b == 0)
      for (std::size_t i = 0; i < slab_; ++i) to[i] = a * v[i];
    else
      for (std::size_t i = 0; i < slab_; ++i) to[i] = a * v[i] + b * before[i];
  };
  before_.beginCopy(in.data());
  for (PetscInt f = 1; f < frames_; ++f) combine(f, in.data() + static_cast<std::size_t>(f - 1) * slab_);
  before_.endCopy(in.data(), ghost_.data());
  if (frames_ > 0) combine(0, ghost_.data());
}

void FrameRecursion::doApplyAdjoint(Vec y, Vec x) const {
  const ReadLocal in(y);
  const WriteLocal out(x);
  const auto combine = [&](PetscInt f, const double* next) {
    const double a = own_[static_cast<std::size_t>(first_ + f)];
    const double b = first_ + f + 1 < cube_.shape().frames ? previous_[static_cast<std::size_t>(first_ + f + 1)] : 0;
    const double* v = in.data() + static_cast<std::size_t>(f) * slab_;
    double* to = out.data() + static_cast<std::size_t>(f) * slab_;
    if (b == 0)
      for (std::size_t i = 0; i < slab_; ++i) to[i] = a * v[i];
    else
      for (std::size_t i = 0; i < slab_; ++i) to[i] = a * v[i] + b * next[i];
  };
  after_.beginCopy(in.data());
  for (PetscInt f = 0; f + 1 < frames_; ++f) combine(f, in.data() + static_cast<std::size_t>(f + 1) * slab_);
  after_.endCopy(in.data(), ghost_.data());
  if (frames_ > 0) combine(frames_ - 1, ghost_.data());
}

void FrameRecursion::solve(Vec y, Vec x) const {
  if (!domain().holds(x) || !domain().holds(y)) throw Error("FrameRecursion: solve: a vector is not in the space");
  if (std::find(own_.begin(), own_.end(), 0.0) != own_.end()) throw Error("FrameRecursion: solve: it is singular");
  if (x != y) check(VecCopy(y, x));
  const WriteLocal out(x);
  const ProcessGrid& grid = cube_.grid();
  const bool mine = frames_ > 0 && slab_ > 0;
  const int count = static_cast<int>(slab_);  // RowExchange made sure that it is one
  if (mine && first_ > 0) {
    const auto timed = waiting_.scope();
    checkMpi(MPI_Recv(ghost_.data(), count, MPI_DOUBLE, grid.timeRank() - 1, solveTag, grid.time(), MPI_STATUS_IGNORE));
  }
  const double* before = ghost_.data();
  for (PetscInt f = 0; f < frames_; ++f) {
    const double a = own_[static_cast<std::size_t>(first_ + f)];
    const double b = first_ + f > 0 ? previous_[static_cast<std::size_t>(first_ + f)] : 0;
    double* to = out.data() + static_cast<std::size_t>(f) * slab_;
    for (std::size_t i = 0; i < slab_; ++i) to[i] = (b == 0 ? to[i] : to[i] - b * before[i]) / a;
    before = to;
  }
  if (mine && first_ + frames_ < cube_.shape().frames) {
    const auto timed = waiting_.scope();
    checkMpi(MPI_Send(before, count, MPI_DOUBLE, grid.timeRank() + 1, solveTag, grid.time()));
  }
}

bool FrameRecursion::addGramDiagonal(Vec w, Vec d) const {
  if (w) return false;
  const WriteLocal out(d);
  for (PetscInt f = 0; f < frames_; ++f) {
    const auto t = static_cast<std::size_t>(first_ + f);
    const double next = t + 1 < previous_.size() ? previous_[t + 1] : 0;
    for (std::size_t i = 0; i < slab_; ++i)
      out[static_cast<PetscInt>(static_cast<std::size_t>(f) * slab_ + i)] += own_[t] * own_[t] + next * next;
  }
  return true;
}

std::shared_ptr<const FrameRecursion> frameDifference(const Cube& cube) {
  const auto frames = static_cast<std::size_t>(cube.shape().frames);
  std::vector<double> own(frames, 1.0);
  own[0] = 0;
  return std::make_shared<FrameRecursion>(cube, std::move(own), std::vector<double>(frames, -1.0));
}

}  // namespace lacuna
