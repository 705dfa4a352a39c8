#include "operators/each_frame.hpp"

namespace lacuna {
namespace {

/// Frame f of a movie as a vector, without a copy, for the lifetime of the object.
class FrameView {
 public:
  FrameView(const Space& space, const double* movie, PetscInt f) : vec_(space.scratch()) {
    check(VecPlaceArray(vec_, movie + f * space.local()));
  }
  ~FrameView() { VecResetArray(vec_); }
  FrameView(const FrameView&) = delete;
  FrameView& operator=(const FrameView&) = delete;
  operator Vec() const { return vec_; }

 private:
  ScratchVec vec_;
};

}  // namespace

std::shared_ptr<const ProcessGrid> gridOfFrame(const Cube& cube) {
  return std::make_shared<ProcessGrid>(cube.grid().space(), 1, 1);
}

EachFrame::EachFrame(OperatorPointer A, const Cube& domain, const Cube& range)
    : LinearOperator(domain.space(), range.space()), A_(std::move(A)), frames_(domain.box().count[0]) {
  const auto fits = [](const Space& frame, const Cube& cube) {
    return frame.local() * cube.box().count[0] == cube.space().local() &&
           static_cast<std::int64_t>(frame.global()) * cube.shape().frames == cube.space().global();
  };
  int good = domain.gridPointer() == range.gridPointer() && domain.shape().frames == range.shape().frames &&
             fits(A_->domain(), domain) && fits(A_->range(), range);
  int all = 0;
  checkMpi(MPI_Allreduce(&good, &all, 1, MPI_INT, MPI_LAND, domain.comm()));
  if (all == 0) throw Error("EachFrame: the operator does not fit the frames");
}

void EachFrame::doApplyForward(Vec x, Vec y) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  for (PetscInt f = 0; f < frames_; ++f)
    A_->apply(FrameView(A_->domain(), in.data(), f), FrameView(A_->range(), out.data(), f));
}

void EachFrame::doApplyAdjoint(Vec y, Vec x) const {
  const ReadLocal in(y);
  const WriteLocal out(x);
  for (PetscInt f = 0; f < frames_; ++f)
    A_->applyAdjoint(FrameView(A_->range(), in.data(), f), FrameView(A_->domain(), out.data(), f));
}

void EachFrame::doApplyGram(Vec w, Vec x, Vec y) const {
  const ReadLocal weights(w), in(x);
  const WriteLocal out(y);
  for (PetscInt f = 0; f < frames_; ++f)
    A_->applyGram(FrameView(A_->range(), weights.data(), f), FrameView(A_->domain(), in.data(), f),
                  FrameView(A_->domain(), out.data(), f));
}

bool EachFrame::addGramDiagonal(Vec w, Vec d) const {
  const auto* known = dynamic_cast<const KnownDiagonal*>(A_.get());
  const ScratchVec ones = range().scratch();
  if (!known) return false;
  if (!w) check(VecSet(ones, 1));
  const ReadLocal weights(w ? w : Vec(ones));
  const WriteLocal out(d);
  // A says the same on all ranks, but those without frames do not ask.
  int can = 1;
  for (PetscInt f = 0; f < frames_ && can; ++f)
    can = known->addGramDiagonal(FrameView(A_->range(), weights.data(), f), FrameView(A_->domain(), out.data(), f));
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, &can, 1, MPI_INT, MPI_LAND, domain().comm()));
  return can != 0;
}

}  // namespace lacuna
