#include "operators/frame_by_frame.hpp"

namespace lacuna {

Space frameSpace(const Cube& cube) {
  const Box& box = cube.box();
  const std::int64_t row = cube.slabAxis() == 2 ? std::int64_t{box.count[3]} * box.count[4] : box.count[4];
  const auto slab = static_cast<std::size_t>(cube.slabAxis());
  // Ranks without frames own nothing of a frame either, whatever their rows.
  const std::int64_t local = box.count[0] > 0 ? row * box.count[slab] : 0;
  std::vector<NaturalRun> runs;
  if (local > 0) runs.push_back({0, static_cast<PetscInt>(local), row * box.start[slab], 1});
  return Space(cube.grid().space(), local, std::move(runs), cube.gridPointer());
}

FrameByFrame::FrameByFrame(const Cube& image, const Cube& data, const Make& make)
    : LinearOperator(image.space(), data.space()), frames_(image.box().count[0]) {
  if (image.gridPointer() != data.gridPointer() || image.shape().frames != data.shape().frames ||
      image.shape().channels != 1 || data.shape().channels != 1)
    throw Error("FrameByFrame: images and data need the same frames and ranks, and one channel");
  // A group without frames has no columns to put entries in.
  if (frames_ > 0) A_ = make(frameSpace(image), frameSpace(data));
}

template <class F>
void FrameByFrame::eachFrame(Vec x, Vec y, const Space& from, const Space& to, F&& f) const {
  const ReadLocal in(x);
  const WriteLocal out(y);
  const VecHandle a = from.vec(), b = to.vec();
  for (PetscInt t = 0; t < frames_; ++t) {
    check(VecPlaceArray(a, in.data() + static_cast<std::size_t>(t) * from.local()));
    check(VecPlaceArray(b, out.data() + static_cast<std::size_t>(t) * to.local()));
    f(a, b);
    check(VecResetArray(a));
    check(VecResetArray(b));
  }
}

void FrameByFrame::doApplyForward(Vec x, Vec y) const {
  if (A_) eachFrame(x, y, A_->domain(), A_->range(), [&](Vec a, Vec b) { A_->apply(a, b); });
}
void FrameByFrame::doApplyAdjoint(Vec y, Vec x) const {
  if (A_) eachFrame(y, x, A_->range(), A_->domain(), [&](Vec a, Vec b) { A_->applyAdjoint(a, b); });
}

}  // namespace lacuna
