#include "operators/convolution_problem.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "operators/psf_check.hpp"

namespace lacuna {
namespace {

std::array<PetscInt, 3> spatial(const Shape& s) { return {s.nz, s.ny, s.nx}; }
std::array<PetscInt, 3> extents(const Psf& p) { return {p.nz, p.ny, p.nx}; }

template <class F>
void forEachTap(const Psf& psf, F&& f) {
  std::size_t i = 0;
  for (PetscInt z = 0; z < psf.nz; ++z)
    for (PetscInt y = 0; y < psf.ny; ++y)
      for (PetscInt x = 0; x < psf.nx; ++x) f(std::array<PetscInt, 3>{z, y, x}, psf.values[i++]);
}

/// How far PSFs reach from their centers, in the order of their own axes.
struct Reach {
  std::array<PetscInt, 3> before{}, after{};
  std::array<PetscInt, 3> extents() const {
    return {before[0] + after[0] + 1, before[1] + after[1] + 1, before[2] + after[2] + 1};
  }
};
/// Of the whole arrays.
Reach reachOf(const std::vector<Psf>& psfs) {
  Reach r;
  for (const Psf& psf : psfs)
    for (std::size_t a = 0; a < 3; ++a) {
      r.before[a] = std::max(r.before[a], psf.center[a]);
      r.after[a] = std::max(r.after[a], extents(psf)[a] - 1 - psf.center[a]);
    }
  return r;
}
/// Of the values that are not zero, and of the center: engines take it to lie inside.
Reach supportOf(const std::vector<Psf>& psfs) {
  Reach r;
  for (const Psf& psf : psfs)
    forEachTap(psf, [&](const std::array<PetscInt, 3>& at, double value) {
      if (value == 0) return;
      for (std::size_t a = 0; a < 3; ++a) {
        r.before[a] = std::max(r.before[a], psf.center[a] - at[a]);
        r.after[a] = std::max(r.after[a], at[a] - psf.center[a]);
      }
    });
  return r;
}

/// All PSFs on the array that reaches so far, with one center.
std::vector<Psf> onOneArray(const std::vector<Psf>& psfs, const Reach& reach) {
  const auto [nz, ny, nx] = reach.extents();
  std::vector<Psf> out;
  for (const Psf& psf : psfs) {
    Psf common{nz, ny, nx, reach.before, {}};
    common.values.assign(static_cast<std::size_t>(nz) * ny * nx, 0.0);
    forEachTap(psf, [&](const std::array<PetscInt, 3>& at, double value) {
      if (value == 0) return;
      const auto to = [&](std::size_t a) { return static_cast<std::size_t>(at[a] - psf.center[a] + reach.before[a]); };
      common.values[(to(0) * ny + to(1)) * nx + to(2)] = value;
    });
    out.push_back(std::move(common));
  }
  return out;
}

Shape changed(const Shape& shape, const std::array<PetscInt, 3>& taps, int sign) {
  const auto change = [&](PetscInt n, PetscInt count) {
    const std::int64_t out = std::int64_t{n} + sign * (std::int64_t{count} - 1);
    if (out < 1 || out > std::numeric_limits<PetscInt>::max())
      throw Error(ExitCode::BadData, "PSF of " + std::to_string(taps[0]) + " x " + std::to_string(taps[1]) + " x " +
                                         std::to_string(taps[2]) + " pixels does not fit an image of " + shape.text() +
                                         " (region = valid)");
    return static_cast<PetscInt>(out);
  };
  return {shape.frames, shape.channels, change(shape.nz, taps[0]), change(shape.ny, taps[1]),
          change(shape.nx, taps[2])};
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
  const Shape expected = region == Region::Valid ? validShape(x, psfs) : x;
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

Shape validShape(const Shape& image, const std::vector<Psf>& psfs) {
  return changed(image, reachOf(psfs).extents(), -1);
}
Shape imageShapeOfValid(const Shape& data, const std::vector<Psf>& psfs) {
  return changed(data, reachOf(psfs).extents(), +1);
}

ConvolutionProblem::ConvolutionProblem(const Cube& image_, const Cube& data_, std::vector<Psf> psfs_,
                                       Boundary boundary_, Region region_)
    : image(image_), data(data_), psfs(std::move(psfs_)), boundary(boundary_), region(region_) {
  together(image.comm(), [&] {
    checkShapes(image, data, psfs, region);
    psfs = onOneArray(psfs, region == Region::Same ? supportOf(psfs) : reachOf(psfs));
    if (region == Region::Valid) boundary = Boundary::Zero;  // nothing lies beyond
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
