#pragma once
#include <array>
#include <functional>
#include <vector>

#include "grid/ghost_rows.hpp"
#include "operators/gradient.hpp"

namespace lacuna {

/// A row of a slab: a line of an image, a plane of a volume.
struct StarletRow {
  PetscInt scale;          ///< j
  PetscInt frame, row;     ///< on this rank
  std::size_t from, size;  ///< its pixels in the box
};

/// The starlet transform, an isotropic undecimated wavelet transform by the a trous algorithm with the cubic B-spline
/// (Starck, Fadili & Murtagh 2007, doi:10.1109/TIP.2006.887733; Starck, Murtagh & Bertero 2011): c_0 = x,
///   c_{j+1} = A_j c_j, c_j smoothed with (1, 4, 6, 4, 1) / 16, taps 2^j pixels apart, along every axis,
///   w_{j+1} = c_j - c_{j+1}.
/// Pixels whose neighbours are h_a apart along axis a have taps at the multiples of h_a that are nearest to 2^j min h,
/// round(2^j min h / h_a) pixels apart: where that is none, scale j does not smooth along this axis.
/// W x = (w_1, ..., w_J, c_J), the channels of the range; their sum is x. Beyond the edges the image is mirrored
/// (numpy's 'reflect'). Ghost rows only: at most 2^(j+1) at scale j.
///
/// The mirrored image is periodic, with its edges once in a period and all else twice: with M the weights of pixels,
/// 1/2 for every axis along which they are first or last, all these maps are self-adjoint in <., M .>, so that
/// A_j^T = M A_j M^-1.
class Starlet final : public LinearOperator {
 public:
  /// Collective. The cube has one channel. Throws 78 unless 1 <= scales <= 20 and the spacing is positive.
  Starlet(const Cube& cube, int scales, const Spacing& spacing = {1, 1, 1});
  const Cube& rangeCube() const { return rangeCube_; }
  int scales() const { return static_cast<int>(steps_.size()); }

  using TakeRow = std::function<void(const StarletRow& row, const double* w)>;
  using GiveRow = std::function<const double*(const StarletRow& row)>;  ///< for as long as it is not called again
  /// Collective. c is x and becomes c_J; what the scales j = 0, 1, ... are, w_{j+1}, is handed over row by row.
  void analyse(Vec c, const TakeRow& take) const;
  /// Collective. The adjoint in <., M .>: c, which is y_coarse, becomes the x with W^T (M y) = M x. What y_{j+1} is, is
  /// asked for row by row, twice.
  void mirroredAdjoint(Vec c, const GiveRow& give) const;
  /// 1 / M of a pixel is the product of that of its row and of its place in the row.
  double inverseWeight(PetscInt row) const { return rowInverse_[static_cast<std::size_t>(row)]; }
  const std::vector<double>& inverseWeights() const { return inverse_; }
  void weigh(Vec x) const;  ///< x <- M x
  /// f(row), scale 0, for all rows here.
  template <class F>
  void eachRow(F&& f) const {
    std::size_t from = 0;
    for (PetscInt t = 0; t < cube_.box().count[0]; ++t)
      for (PetscInt r = 0; r < static_cast<PetscInt>(rowInverse_.size()); ++r, from += rest_)
        f(StarletRow{0, t, r, from, rest_});
  }

  /// Collective. sum_{j <= J} sum_p |w_j(p)| of x, without the memory that W x takes.
  double sumOfSizes(Vec x) const;
  /// Bytes of ghost rows and of the rows in hand on this rank.
  static std::int64_t bytes(const Cube& cube, int scales, const Spacing& spacing);

 private:
  Starlet(const Cube& cube, int scales, const Spacing& spacing, Cube range);
  /// For every tap and every pixel along an axis, the pixel it reads.
  using Taps = std::array<std::vector<PetscInt>, 5>;
  struct Step {
    PetscInt alongX = 1, alongSlabs = 1;  ///< pixels between taps
    Taps x, y;                            ///< y: of a volume; empty where nothing is smoothed
    std::unique_ptr<GhostRows> ghosts;    ///< null where nothing is smoothed
  };
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  /// Calls f(row, its pixels in c, the same smoothed) for all rows; c may be changed there.
  template <class F>
  void smoothRows(PetscInt scale, Vec c, F&& f) const;
  /// Within a row: `row` has its pixels and is changed; the smoothed ones.
  double* smoothRow(const Step& step, double* row) const;
  /// Where a row is in a channel of the range.
  std::size_t inRange(const StarletRow& row, PetscInt channel) const;

  Cube cube_, rangeCube_;
  std::size_t rest_;  ///< pixels of a row
  std::vector<Step> steps_;
  std::vector<double> inverse_, rowInverse_;
  mutable std::vector<double> ghosts_, earlier_;  ///< earlier: rows as they were before f changed them
  mutable std::array<std::vector<double>, 2> rows_;
};

}  // namespace lacuna
