/// The transfer function of a PSF against the sum that defines it, and against a periodic shift.
#include <cmath>
#include <numbers>

#include "operators/psf_transfer.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

Psf irregular(PetscInt nz, PetscInt ny, PetscInt nx, std::array<PetscInt, 3> center) {
  Psf psf{nz, ny, nx, center, {}};
  for (PetscInt i = 0; i < nz * ny * nx; ++i) psf.values.push_back(std::sin(1.0 + 2.3 * double(i)) + 0.1 * double(i));
  return psf;
}

/// max |T_k - sum| over local modes, relative to the sum of |h|.
double worstError(const Shape& shape, const Psf& psf) {
  const Modes modes(cubeOf(shape, 1));
  const auto T = psfTransfer(modes, psf);
  BOOST_TEST(T.size() == static_cast<std::size_t>(modes.perPlane()));
  double worst = 0, size = 0;
  for (double h : psf.values) size += std::abs(h);
  modes.forEach([&](const Mode& k) {
    std::complex<double> sum = 0;
    std::size_t i = 0;
    for (PetscInt z = 0; z < psf.nz; ++z)
      for (PetscInt y = 0; y < psf.ny; ++y)
        for (PetscInt x = 0; x < psf.nx; ++x)
          sum += psf.values[i++] *
                 std::polar(1.0, -2 * std::numbers::pi *
                                     (k.fz * double(z - psf.center[0]) + k.fy * double(y - psf.center[1]) +
                                      k.fx * double(x - psf.center[2])));
    worst = std::max(worst, std::abs(T[static_cast<std::size_t>(k.local)] - sum));
  });
  return worst / size;
}

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_sum_that_defines_it) {
  for (const auto& [ny, nx] : {std::pair<PetscInt, PetscInt>{8, 6}, {7, 5}, {1, 9}, {1, 16}, {13, 11}, {2, 31}, {9, 1}})
    for (const Psf& psf : {irregular(1, 1, 1, {0, 0, 0}), irregular(1, 1, 5, {0, 0, 1}), irregular(1, 4, 3, {0, 3, 0}),
                           irregular(1, 5, 7, {0, 2, 3})})
      BOOST_TEST(worstError({1, 1, 1, ny, nx}, psf) < 1e-14,
                 ny << " x " << nx << ", PSF " << psf.ny << " x " << psf.nx);
  for (const Shape& s : {Shape{1, 1, 4, 3, 6}, Shape{1, 1, 5, 4, 3}, Shape{2, 1, 7, 1, 8}, Shape{1, 1, 2, 9, 1}})
    for (const Psf& psf : {irregular(3, 2, 3, {0, 1, 2}), irregular(6, 5, 4, {5, 0, 1})})
      BOOST_TEST(worstError(s, psf) < 1e-14, s.text());
}
