/// The same estimate as scikit-image's. That has a zero boundary but does not divide by H^T 1: they agree where no step
/// has felt the border, farther from it than 2 radii of the PSF for each iteration.
#include "io/h5_reader.hpp"
#include "natural.hpp"
#include "operators/convolution.hpp"
#include "operators/psf_models.hpp"
#include "solvers/richardson_lucy.hpp"
#include "testing.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(equals_scikit_image_away_from_the_border) {
  const H5Reader file(PETSC_COMM_WORLD, std::string(LACUNA_REFERENCE) + "/rl.h5");
  const auto shape = file.shape("counts");
  const auto ny = static_cast<PetscInt>(shape[0]), nx = static_cast<PetscInt>(shape[1]);
  const Cube image = imageOf(ny, nx);
  Psf psf{1, 5, 5, {}, file.readValues("psf")};
  psf.center = centerOf(psf, "middle");
  const VecHandle counts = image.space().vec(), reference = image.space().vec(), x = image.space().vec();
  file.readField("counts", image, image.wholeWindow(), 0, counts);
  file.readField("estimate", image, image.wholeWindow(), 0, reference);
  const auto expected = inNaturalOrder(image.space(), reference);

  constexpr int iterations = 8, border = 2 * 2 * iterations;
  const auto H = Convolution::make(image, image, {psf}, {Boundary::Zero, Region::Same, "auto", true});
  check(VecSet(x, 0.5));
  RichardsonLucy(H, counts).solve(x, {.iterations = iterations});
  const auto estimate = inNaturalOrder(image.space(), x);
  double worst = 0, edge = 0;
  for (PetscInt i = 0; i < ny; ++i)
    for (PetscInt j = 0; j < nx; ++j) {
      const auto at = static_cast<std::size_t>(i * nx + j);
      const bool inside = std::min({i, j, ny - 1 - i, nx - 1 - j}) > border;
      double& most = inside ? worst : edge;
      most = std::max(most, std::abs(estimate[at] - expected[at]) / expected[at]);
    }
  BOOST_TEST(worst < 1e-10);
  BOOST_TEST(edge > 1e-3);  // there they differ: the comparison is not one of equal nothings
}
