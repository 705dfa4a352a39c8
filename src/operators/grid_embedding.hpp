#pragma once
#include <memory>
#include <vector>

#include "grid/row_exchange.hpp"
#include "operators/convolution_engine.hpp"

namespace lacuna {

/// One frame of a field on a periodic grid that is larger, and split over ranks in other rows: copies with the field's
/// boundary around it, and the exact adjoint, which adds the copies up.
class GridEmbedding {
 public:
  /// Collective over space(). Pixel i of the field lies at i + offset (z, y, x); grid pixels from -before on (they
  /// wrap) to extent + after - 1 get their value from the boundary, others are zero.
  GridEmbedding(const Cube& field, const Cube& grid, const std::vector<Block>& fieldRows, int slab, Boundary boundary,
                const std::array<PetscInt, 3>& offset, const std::array<PetscInt, 3>& before,
                const std::array<PetscInt, 3>& after);

  /// Collective. The field's local frame `frame`, of which putRow then writes rows of the grid's slab axis.
  void spread(PetscInt frame, const ConvolutionEngine::Fill& fill);
  void putRow(PetscInt localRow, double* row) const;
  /// Rows of the grid are added up by addRow between clear and collect. collect is collective.
  void clear();
  void addRow(PetscInt localRow, const double* row);
  void collect(PetscInt frame, const ConvolutionEngine::Use& use);

  std::int64_t bytes() const { return static_cast<std::int64_t>(sizeof(double) * (own_.size() + wanted_.size())); }

 private:
  const double* rowSource(PetscInt localRow) const;
  std::array<PetscInt, 3> n_, extent_;           ///< of the field and of the grid; lines of a row are 1 in an image
  std::array<std::vector<PetscInt>, 3> source_;  ///< of every grid coordinate, or -1
  std::int64_t rest_ = 0;                        ///< pixels of a row of the field
  PetscInt firstRow_ = 0;                        ///< of the grid, here
  int slab_;
  bool local_;  ///< one rank in space: no copy
  std::vector<double> own_, wanted_;
  std::unique_ptr<RowExchange> exchange_;
};

}  // namespace lacuna
