#pragma once
#include <vector>

#include "grid/cube.hpp"
#include "grid/row_exchange.hpp"
#include "operators/known_diagonal.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// y_t = own_t x_t + previous_t x_{t-1} for the frames t of a movie (nothing before the first): differences and
/// innovations of a Markov chain. Bidiagonal in time, the same for every pixel. Neighbours in time exchange one frame's
/// slab; frames are not copied.
class FrameRecursion final : public LinearOperator, public KnownDiagonal {
 public:
  /// Collective. One coefficient a frame, the same on all ranks; previous[0] is not used.
  FrameRecursion(const Cube& cube, std::vector<double> own, std::vector<double> previous);

  /// Collective. x <- the solution of y = B x, x_t = (y_t - previous_t x_{t-1}) / own_t. One time group after the
  /// other. x may be y. Throws if an own_t is zero.
  void solve(Vec y, Vec x) const;
  /// Of w = 1 alone.
  bool addGramDiagonal(Vec w, Vec d) const override;

 private:
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;

  Cube cube_;
  PetscInt frames_, first_;  ///< of this rank
  std::size_t slab_;         ///< entries of a frame on this rank
  std::vector<double> own_, previous_;
  mutable RowExchange before_, after_;  ///< the last frame of the group before, the first of the group after
  mutable std::vector<double> ghost_;   ///< what they bring
  Phase waiting_{"exchange in time"};   ///< for the group before
};

/// x_t - x_{t-1}, 0 for the first frame.
std::shared_ptr<const FrameRecursion> frameDifference(const Cube& cube);

}  // namespace lacuna
