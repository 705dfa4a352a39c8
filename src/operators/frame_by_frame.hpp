#pragma once
#include <functional>

#include "grid/cube.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// The same operator on every frame of a movie: y_t = A x_t. A acts between single frames, over the ranks that share
/// them (space() of the process grid). Cubes of one channel with the same frames.
class FrameByFrame final : public LinearOperator {
 public:
  /// Makes A between the spaces of a frame of the image and of the data.
  using Make = std::function<OperatorPointer(const Space& image, const Space& data)>;
  /// Collective over all ranks. Throws what `make` throws, 70 if the cubes differ in frames or process grid.
  FrameByFrame(const Cube& image, const Cube& data, const Make& make);

 private:
  /// f(frame of x, frame of y) for every local frame, with the arrays of x and y behind them.
  template <class F>
  void eachFrame(Vec x, Vec y, const Space& from, const Space& to, F&& f) const;
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  PetscInt frames_;  ///< local
  OperatorPointer A_;
};

/// The space of one frame of a cube over space() of its process grid: natural indices [z][y][x]. Collective.
Space frameSpace(const Cube& cube);

}  // namespace lacuna
