#pragma once
#include "grid/cube.hpp"
#include "operators/known_diagonal.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// The process grid of the ranks that share my frames, for operators on one of these.
std::shared_ptr<const ProcessGrid> gridOfFrame(const Cube& cube);

/// The same operator for every frame of a movie: A maps a frame of `domain` to a frame of `range`, on gridOfFrame().
class EachFrame final : public LinearOperator, public KnownDiagonal {
 public:
  /// Throws if the cubes differ in frames or process grid, or if A does not fit a frame of them.
  EachFrame(OperatorPointer A, const Cube& domain, const Cube& range);
  bool addGramDiagonal(Vec w, Vec d) const override;

 private:
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  void doApplyGram(Vec w, Vec x, Vec y) const override;
  OperatorPointer A_;
  PetscInt frames_;  ///< of mine
};

}  // namespace lacuna
