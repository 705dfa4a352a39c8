#pragma once
#include <memory>
#include <vector>

#include "operators/padded_field.hpp"

namespace lacuna {

/// The adjoint of reflecting an image at its borders: pixels outside are added to the pixels inside that they copied.
class ReflectedFold {
 public:
  /// Collective. `stencil` has targets outside `image`, whose rows belong to their ranks.
  ReflectedFold(const Stencil& stencil, const Cube& image, const std::vector<Block>& imageRows);

  /// Where line (z, y) of the targets of a local frame goes.
  double* line(PetscInt frame, PetscInt z, PetscInt y);
  /// Collective (neighbours). Folds all frames; `use` gets the pixels inside.
  void finish(const ConvolutionEngine::Use& use);
  std::int64_t bytes() const { return static_cast<std::int64_t>(sizeof(double) * values_.size()); }

 private:
  int slab_;
  std::array<PetscInt, 3> n_;
  std::array<Block, 3> targets_;
  Block own_;  ///< of the slab axis
  PetscInt frames_;
  std::vector<double> values_;
  std::unique_ptr<RowExchange> exchange_;
};

}  // namespace lacuna
