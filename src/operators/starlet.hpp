#pragma once
#include <array>
#include <functional>
#include <vector>

#include "grid/halo.hpp"
#include "operators/linear_operator.hpp"

namespace lacuna {

/// The starlet transform, an isotropic undecimated wavelet transform by the a trous algorithm with the cubic B-spline
/// (Starck, Fadili & Murtagh 2007, doi:10.1109/TIP.2006.887733; Starck, Murtagh & Bertero 2011): c_0 = x,
///   c_{j+1} = c_j smoothed with (1, 4, 6, 4, 1) / 16, taps 2^j pixels apart, along every axis,   w_{j+1} = c_j -
///   c_{j+1}.
/// W x = (w_1, ..., w_J, c_J), the channels of the range; their sum is x. Beyond the edges the image is mirrored
/// (numpy's 'reflect'). Ghost rows only: 2^(j+1) at scale j.
class Starlet final : public LinearOperator {
 public:
  /// Collective. The cube has one channel. Throws 78 unless 1 <= scales <= 20.
  Starlet(const Cube& cube, int scales);
  const Cube& rangeCube() const { return rangeCube_; }
  int scales() const { return static_cast<int>(steps_.size()); }
  /// Collective. Calls f(j, w_{j+1}) for the scales j = 0, 1, ... of x, and returns c_J.
  ScratchVec eachScale(Vec x, const std::function<void(PetscInt j, Vec w)>& f) const;
  /// Collective. sum_{j <= J} sum_p |w_j(p)| of x, without the memory that W x takes.
  double sumOfSizes(Vec x) const;

 private:
  Starlet(const Cube& cube, int scales, Cube range);
  /// For every tap and every pixel along an axis, the pixel it reads.
  using Taps = std::array<std::vector<PetscInt>, 5>;
  struct Step {
    std::size_t distance = 1;    ///< of the taps
    Taps x, y, slab;             ///< y: of a volume; empty where the axis is one pixel long
    std::unique_ptr<Halo> halo;  ///< null where the slab axis is one pixel long
  };
  void doApplyForward(Vec x, Vec y) const override;
  void doApplyAdjoint(Vec y, Vec x) const override;
  void smooth(const Step& step, Vec from, Vec to) const;
  void smoothAdjoint(const Step& step, Vec from, Vec to) const;
  /// Calls f(frame's part in the domain, its part of channel c in the range, entries).
  template <class F>
  void eachPart(PetscInt channel, F&& f) const;

  Cube cube_, rangeCube_;
  std::vector<Step> steps_;
  mutable std::vector<double> padded_, work_;
};

}  // namespace lacuna
