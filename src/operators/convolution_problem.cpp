#include "operators/convolution_problem.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "operators/psf_check.hpp"

namespace lacuna {
namespace {

std::array<PetscInt, 3> spatial(const Shape& s) { return {s.nz, s.ny, s.nx}; }
std::array<PetscInt, 3> extents(const Psf& p) { return {p.nz, p.ny, p.nx}; }

Shape changed(const Shape& shape, const Psf& psf, int sign) {
  const auto change = [&](PetscInt n, PetscInt taps) {
    const std::int64_t out = std::int64_t{n} + sign * (std::int64_t{taps} - 1);
    if (out < 1 || out > std::numeric_limits<PetscInt>::max())
      throw Error(ExitCode::BadData, "PSF of " + std::to_string(psf.nz) + " x " + std::to_string(psf.ny) + " x " +
                                         std::to_string(psf.nx) + " pixels does not fit an image of " + shape.text() +
                                         " (region = valid)");
    return static_cast<PetscInt>(out);
  };
  return {shape.frames, shape.channels, change(shape.nz, psf.nz), change(shape.ny, psf.ny), change(shape.nx, psf.nx)};
}

/// First and last index with a value that is not zero, on each axis.
struct Support {
  std::array<PetscInt, 3> first{std::numeric_limits<PetscInt>::max(), std::numeric_limits<PetscInt>::max(),
                                std::numeric_limits<PetscInt>::max()},
      last{-1, -1, -1};
};
template <class F>
void forEachTap(const Psf& psf, F&& f) {
  std::size_t i = 0;
  for (PetscInt z = 0; z < psf.nz; ++z)
    for (PetscInt y = 0; y < psf.ny; ++y)
      for (PetscInt x = 0; x < psf.nx; ++x) f(std::array<PetscInt, 3>{z, y, x}, psf.values[i++]);
}
Support supportOf(const Psf& psf) {
  Support s;
  forEachTap(psf, [&](const std::array<PetscInt, 3>& at, double value) {
    if (value == 0) return;
    for (std::size_t a = 0; a < 3; ++a)
      s.first[a] = std::min(s.first[a], at[a]), s.last[a] = std::max(s.last[a], at[a]);
  });
  return s;
}

/// All PSFs on the least array, with one center, that holds the support of each.
std::vector<Psf> onCommonSupport(const std::vector<Psf>& psfs) {
  std::array<PetscInt, 3> before{}, after{};  // of the center, in the order of the PSF's own axes
  bool first = true;
  for (const Psf& psf : psfs) {
    const Support s = supportOf(psf);
    for (std::size_t a = 0; a < 3; ++a) {
      const PetscInt lower = psf.center[a] - s.first[a], upper = s.last[a] - psf.center[a];
      before[a] = first ? lower : std::max(before[a], lower);
      after[a] = first ? upper : std::max(after[a], upper);
    }
    first = false;
  }
  std::vector<Psf> out;
  for (const Psf& psf : psfs) {
    Psf common{before[0] + after[0] + 1, before[1] + after[1] + 1, before[2] + after[2] + 1, before, {}};
    common.values.assign(static_cast<std::size_t>(common.nz) * common.ny * common.nx, 0.0);
    forEachTap(psf, [&](const std::array<PetscInt, 3>& at, double value) {
      if (value == 0) return;
      const auto to = [&](std::size_t a) { return static_cast<std::size_t>(at[a] - psf.center[a] + before[a]); };
      common.values[(to(0) * common.ny + to(1)) * common.nx + to(2)] = value;
    });
    out.push_back(std::move(common));
  }
  return out;
}

void checkShapes(const Cube& image, const Cube& data, const std::vector<Psf>& psfs, Region region) {
  const Shape &x = image.shape(), &y = data.shape();
  const auto refuse = [](const std::string& why) { throw Error(ExitCode::BadConfig, "convolution: " + why); };
  if (x.channels != 1 || y.channels != 1) refuse("image and data must have one channel");
  if (image.gridPointer() != data.gridPointer()) refuse("image and data must be on the same process grid");
  if (x.frames != y.frames && x.frames != 1)
    refuse("an image of " + std::to_string(x.frames) + " frames does not fit data of " + std::to_string(y.frames));
  if (x.frames != y.frames && image.grid().timeSize() > 1)
    refuse("a stack of epochs of one image needs all ranks in space, but there are " +
           std::to_string(image.grid().timeSize()) + " groups in time");
  if (psfs.size() != 1 && psfs.size() != static_cast<std::size_t>(y.frames))
    refuse(std::to_string(psfs.size()) + " PSFs for data of " + std::to_string(y.frames) + " frames");
  for (std::size_t i = 0; i < psfs.size(); ++i) checkPsf(psfs[i], x, i, psfs.size());
  Shape expected = x;
  if (region == Region::Valid) {
    for (const Psf& psf : psfs)
      if (extents(psf) != extents(psfs[0])) refuse("region = valid needs PSFs of one size");
    expected = validShape(x, psfs[0]);
  }
  if (spatial(expected) != spatial(y))
    refuse("data of " + y.text() + " do not fit an image of " + x.text() + "; expected are " +
           std::to_string(expected.nz) + " x " + std::to_string(expected.ny) + " x " + std::to_string(expected.nx) +
           " pixels");
  if (image.slabAxis() != data.slabAxis() && image.grid().spaceSize() > 1)
    refuse("data of one plane from a volume (region = valid) need one rank in space");
}

/// Rows of the slab axis of `image` that a rank owns of `cube`.
Block rowsOf(const Cube& cube, int slabAxis, int spaceRank) {
  if (slabAxis != cube.slabAxis()) return {0, cube.shape().extents()[static_cast<std::size_t>(slabAxis)]};
  const Box box = cube.boxOf(cube.grid().timeRank(), spaceRank);
  return {box.start[static_cast<std::size_t>(slabAxis)], box.count[static_cast<std::size_t>(slabAxis)]};
}

}  // namespace

Shape validShape(const Shape& image, const Psf& psf) { return changed(image, psf, -1); }
Shape imageShapeOfValid(const Shape& data, const Psf& psf) { return changed(data, psf, +1); }

ConvolutionProblem::ConvolutionProblem(const Cube& image_, const Cube& data_, std::vector<Psf> psfs_,
                                       Boundary boundary_, Region region_)
    : image(image_), data(data_), psfs(std::move(psfs_)), boundary(boundary_), region(region_) {
  together(image.comm(), [&] {
    checkShapes(image, data, psfs, region);
    if (region == Region::Same) {
      psfs = onCommonSupport(psfs);
    } else {
      for (Psf& psf : psfs) psf.center = {0, 0, 0};  // where the whole support is inside, the center means nothing
      boundary = Boundary::Zero;
    }
    taps = extents(psfs[0]);
    for (std::size_t a = 0; a < 3; ++a) {
      after[a] = psfs[0].center[a];
      before[a] = taps[a] - 1 - after[a];
      offset[a] = region == Region::Valid ? before[a] : 0;
    }
  });
}

Block ConvolutionProblem::imageRows(int spaceRank) const { return rowsOf(image, image.slabAxis(), spaceRank); }
Block ConvolutionProblem::dataRows(int spaceRank) const { return rowsOf(data, image.slabAxis(), spaceRank); }

}  // namespace lacuna
