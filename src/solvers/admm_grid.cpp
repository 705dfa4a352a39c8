/// Which problems Admm can solve, and on which grid.
#include <algorithm>
#include <string>

#include "grid/padding.hpp"
#include "solvers/admm.hpp"

namespace lacuna {
namespace {

/// What the PSF reaches from a pixel along z, y, x: y(p) needs x from p - before to p + after.
struct Reach {
  std::array<PetscInt, 3> before{}, after{};
};
Reach reachOf(const std::vector<Psf>& psfs) {
  Reach r;
  for (const Psf& h : psfs) {
    const std::array<PetscInt, 3> n{h.nz, h.ny, h.nx};
    for (std::size_t a = 0; a < 3; ++a) {
      r.before[a] = std::max(r.before[a], n[a] - 1 - h.center[a]);
      r.after[a] = std::max(r.after[a], h.center[a]);
    }
  }
  return r;
}

}  // namespace

std::string Admm::whyNot(const ConvexProblem& p) {
  if (p.boundary == Boundary::Reflect)
    return "a reflecting boundary is not a convolution on any periodic grid without copies of the image";
  if (p.smooth > 0 && p.order != 1)
    return "smoothness of order 2 with its free boundary is not diagonal in Fourier space";
  if (p.boundary != Boundary::Periodic && (p.power || p.chainPower))
    return "a prior with a spectrum needs an image that is periodic";
  if (p.chain && p.timeVariation > 0) return "a Gaussian chain and total variation in time at once";
  const PetscInt frames = p.image.shape().frames, epochs = p.data.shape().frames;
  if (frames != epochs && frames != 1)
    return std::to_string(epochs) + " frames of data for " + std::to_string(frames) + " of the image";
  if (p.psfs.size() != 1 && p.psfs.size() != static_cast<std::size_t>(epochs))
    return std::to_string(p.psfs.size()) + " PSFs for " + std::to_string(epochs) + " frames of data";
  if (p.image.slabAxis() != p.data.slabAxis())
    return "volumes whose data are images are split over ranks in another way";
  const Reach reach = reachOf(p.psfs);
  const std::array<PetscInt, 3> n{p.image.shape().nz, p.image.shape().ny, p.image.shape().nx};
  for (std::size_t a = 0; a < 3; ++a)
    if (n[a] == 1 && reach.before[a] + reach.after[a] > 0) return "a PSF that is wider than the image";
  return {};
}

Shape Admm::gridShape(const ConvexProblem& p) {
  const Shape &image = p.image.shape(), &data = p.data.shape();
  if (p.boundary == RowBoundary::Periodic) return image;
  const Reach reach = reachOf(p.psfs);
  std::array<PetscInt, 3> n{image.nz, image.ny, image.nx};
  const std::array<PetscInt, 3> d{data.nz, data.ny, data.nx};
  for (std::size_t a = 0; a < 3; ++a)
    // What the first datum reads before the image, wrapped around, lies behind it; the last datum wraps nowhere.
    if (n[a] > 1)
      n[a] = fastExtent(std::max({n[a], n[a] + reach.before[a] - p.offset[a], p.offset[a] + d[a] + reach.after[a]}));
  return {image.frames, 1, n[0], n[1], n[2]};
}

}  // namespace lacuna
