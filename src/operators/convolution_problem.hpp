#pragma once
#include <array>
#include <vector>

#include "grid/cube.hpp"
#include "grid/halo.hpp"
#include "operators/psf.hpp"

namespace lacuna {

/// What lies beyond the image: zero, periodic, or reflect (whole-sample, numpy's 'reflect'). On all spatial axes.
using Boundary = RowBoundary;

/// Which data pixels there are: those of the image, or those all of whose PSFs lie inside the image.
enum class Region { Same, Valid };

/// Extents of the data of a `valid` convolution, image - psf + 1 on each axis, and the way back; `psf` stands for the
/// least array that holds all PSFs with their centers on one another. Throw 65 where it is larger than the image.
Shape validShape(const Shape& image, const std::vector<Psf>& psfs);
Shape imageShapeOfValid(const Shape& data, const std::vector<Psf>& psfs);

/// A convolution as its engines see it: PSFs of one size with one center, and how the axes of image and data meet:
///   y(d) = sum_q h(q) x(d + offset - (q - center)),   before = psf - 1 - center, after = center:
/// the pixel at p needs those from p - before to p + after.
struct ConvolutionProblem {
  /// Collective. Checks that everything fits: 65 on a PSF that cannot be used, 78 on shapes that do not fit.
  ConvolutionProblem(const Cube& image, const Cube& data, std::vector<Psf> psfs, Boundary boundary, Region region);

  Cube image, data;
  std::vector<Psf> psfs;  ///< one, or one for each frame of the data; `same`: trimmed to the least common support
  Boundary boundary;
  Region region;
  std::array<PetscInt, 3> taps{}, before{}, after{}, offset{};  ///< z, y, x

  bool stack() const { return image.shape().frames != data.shape().frames; }
  int slab() const { return image.slabAxis() - 2; }  ///< axis of z, y, x that is split over ranks
  /// PSF that local frame `f` of the data saw.
  std::size_t psfOf(PetscInt f) const {
    return psfs.size() == 1 ? 0 : static_cast<std::size_t>(data.box().start[0] + f);
  }
  PetscInt imageFrame(PetscInt dataFrame) const { return stack() ? 0 : dataFrame; }  ///< local frames
  /// Rows of the slab axis that a rank of `space` owns.
  Block imageRows(int spaceRank) const;
  Block dataRows(int spaceRank) const;
};

}  // namespace lacuna
