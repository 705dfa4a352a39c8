/// Blurs against the sum that defines them, on every engine, boundary and region.
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "natural.hpp"
#include "operators/convolution.hpp"

using namespace lacuna;

namespace {

Psf irregular(PetscInt nz, PetscInt ny, PetscInt nx, std::array<PetscInt, 3> center, double phase = 0) {
  Psf psf{nz, ny, nx, center, {}};
  for (PetscInt i = 0; i < nz * ny * nx; ++i) psf.values.push_back(std::sin(1.0 + 2.3 * double(i) + phase) + 0.3);
  return psf;
}
/// Not symmetric, rank 1 on every axis.
Psf product(PetscInt nz, PetscInt ny, PetscInt nx, std::array<PetscInt, 3> center) {
  Psf psf{nz, ny, nx, center, {}};
  for (PetscInt z = 0; z < nz; ++z)
    for (PetscInt y = 0; y < ny; ++y)
      for (PetscInt x = 0; x < nx; ++x)
        psf.values.push_back((1 + 0.3 * double(z)) * (2 - 0.2 * double(y)) * (1 + 0.1 * double(x * x)));
  return psf;
}

/// The pixel of the image at coordinate i of an axis of n pixels, or -1: written apart from the code it checks.
PetscInt inside(PetscInt i, PetscInt n, Boundary boundary) {
  if (boundary == Boundary::Periodic)
    while (i < 0) i += n;
  if (boundary == Boundary::Periodic) return i % n;
  if (boundary == Boundary::Reflect)
    while (i < 0 || i >= n) i = n == 1 ? 0 : i < 0 ? -i : 2 * (n - 1) - i;
  return i >= 0 && i < n ? i : -1;
}

/// y(p) = sum_q h(q) x(p - (q - center)), all of it on every rank.
std::vector<double> directSum(const Shape& image, const Shape& data, const std::vector<Psf>& psfs, Boundary boundary,
                              Region region, const std::vector<double>& x) {
  std::vector<double> y;
  const auto at = [](const Shape& s, PetscInt f, PetscInt z, PetscInt yy, PetscInt xx) {
    return static_cast<std::size_t>(((f * s.nz + z) * s.ny + yy) * s.nx + xx);
  };
  for (PetscInt f = 0; f < data.frames; ++f) {
    const Psf& h = psfs[psfs.size() > 1 ? static_cast<std::size_t>(f) : 0];
    PetscInt oz = 0, oy = 0, ox = 0;  // so that no PSF reaches beyond the image: one place for all of them
    for (const Psf& p : region == Region::Valid ? psfs : std::vector<Psf>())
      oz = std::max(oz, p.nz - 1 - p.center[0]), oy = std::max(oy, p.ny - 1 - p.center[1]),
      ox = std::max(ox, p.nx - 1 - p.center[2]);
    for (PetscInt z = 0; z < data.nz; ++z)
      for (PetscInt yy = 0; yy < data.ny; ++yy)
        for (PetscInt xx = 0; xx < data.nx; ++xx) {
          double sum = 0;
          for (PetscInt a = 0; a < h.nz; ++a)
            for (PetscInt b = 0; b < h.ny; ++b)
              for (PetscInt c = 0; c < h.nx; ++c) {
                const PetscInt pz = inside(z + oz - a + h.center[0], image.nz, boundary),
                               py = inside(yy + oy - b + h.center[1], image.ny, boundary),
                               px = inside(xx + ox - c + h.center[2], image.nx, boundary);
                if (pz < 0 || py < 0 || px < 0) continue;
                sum += h.values[static_cast<std::size_t>((a * h.ny + b) * h.nx + c)] *
                       x[at(image, image.frames > 1 ? f : 0, pz, py, px)];
              }
          y.push_back(sum);
        }
  }
  return y;
}

void checkAll(const Shape& imageShape, const Shape& dataFrames, const std::vector<Psf>& psfs, int timeRanks) {
  const Cube image = cubeOf(imageShape, timeRanks);
  const VecHandle x = image.space().vec();
  Rng(3).normal(image.space(), x);
  const std::vector<double> whole = inNaturalOrder(image.space(), x);
  for (Region region : {Region::Same, Region::Valid}) {
    Shape dataShape = region == Region::Valid ? validShape(imageShape, psfs) : imageShape;
    dataShape.frames = dataFrames.frames;
    if (image.slabAxis() == 2 && dataShape.nz == 1 && image.grid().spaceSize() > 1) continue;
    const Cube data(image.gridPointer(), dataShape);
    for (Boundary boundary : {Boundary::Zero, Boundary::Periodic, Boundary::Reflect}) {
      if (region == Region::Valid && boundary != Boundary::Zero) continue;
      const auto expected = directSum(imageShape, dataShape, psfs, boundary, region, whole);
      for (const std::string& engine : convolutionEngines())
        BOOST_TEST_CONTEXT(engine << ", image " << imageShape.text() << ", data " << dataShape.text() << ", PSF "
                                  << psfs[0].nz << " x " << psfs[0].ny << " x " << psfs[0].nx << ", boundary "
                                  << static_cast<int>(boundary)) {
          const auto H = Convolution::make(image, data, psfs, {boundary, region, engine, true});
          VecHandle y = data.space().vec();
          H->apply(x, y);
          BOOST_TEST(worstDifference(inNaturalOrder(data.space(), y), expected) < 1e-12);
          requireAdjoint(*H);
        }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(images_of_all_shapes) {
  for (const auto& [ny, nx] : {std::pair<PetscInt, PetscInt>{12, 10}, {13, 11}, {7, 70}, {5, 6}, {1, 17}, {16, 1}}) {
    const PetscInt h = std::min<PetscInt>(ny, 5), w = std::min<PetscInt>(nx, 4);
    for (const Psf& psf : {irregular(1, h, w, {0, h / 2, w / 2}), irregular(1, h, w, {0, h - 1, 0}),
                           product(1, h, w, {0, 0, w - 1}), irregular(1, 1, 1, {0, 0, 0})})
      checkAll({1, 1, 1, ny, nx}, {}, {psf}, 1);
  }
  checkAll({1, 1, 1, 6, 7}, {}, {irregular(1, 6, 7, {0, 2, 5})}, 1);  // as large as the image
  for (PetscInt center : {0, 4}) {                                    // no light at the center, nor on this side of it
    Psf aside{1, 5, 5, {0, center, 4 - center}, std::vector<double>(25, 0.0)};
    aside.values[12] = 1, aside.values[13] = 0.5, aside.values[17] = 0.2;
    checkAll({1, 1, 1, 9, 8}, {}, {aside}, 1);
  }
  checkAll({1, 1, 1, 3, 8}, {}, {irregular(1, 3, 3, {0, 1, 1})}, 1);  // fewer rows than ranks
}

BOOST_AUTO_TEST_CASE(volumes) {
  checkAll({1, 1, 7, 6, 9}, {}, {irregular(3, 2, 4, {1, 0, 2})}, 1);
  checkAll({1, 1, 6, 5, 11}, {}, {product(4, 3, 3, {3, 1, 0})}, 1);
  checkAll({1, 1, 5, 1, 8}, {}, {irregular(2, 1, 3, {0, 0, 1})}, 1);
  checkAll({1, 1, 4, 6, 5}, {}, {irregular(1, 3, 3, {0, 1, 1})}, 1);
  checkAll({1, 1, 3, 4, 5}, {}, {irregular(3, 4, 5, {1, 3, 0})}, 1);
}

BOOST_AUTO_TEST_CASE(movies_and_stacks) {
  const std::vector<Psf> three = {irregular(1, 3, 4, {0, 1, 2}), irregular(1, 3, 4, {0, 0, 3}, 1),
                                  irregular(1, 3, 4, {0, 2, 1}, 2)};
  for (int timeRanks : {0, 1}) {
    checkAll({3, 1, 1, 8, 9}, {3}, {three[0]}, timeRanks);
    checkAll({3, 1, 1, 8, 9}, {3}, three, timeRanks);
    checkAll({3, 1, 4, 5, 6}, {3},
             {irregular(2, 3, 2, {1, 1, 1}), irregular(2, 3, 2, {0, 1, 0}, 1), product(2, 3, 2, {0, 2, 1})}, timeRanks);
  }
  checkAll({1, 1, 1, 8, 9}, {3}, three, 1);
  checkAll({1, 1, 1, 8, 9}, {2}, {three[1]}, 1);
  checkAll({1, 1, 1, 8, 9}, {2}, {three[1], irregular(1, 5, 2, {0, 1, 0})}, 1);
}
