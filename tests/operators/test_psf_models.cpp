/// PSF models against what is known of them: sums, widths, zeros, encircled light.
#include <cmath>
#include <numbers>

#include "expect_error.hpp"
#include "operators/psf_check.hpp"
#include "operators/psf_models.hpp"

using namespace lacuna;

namespace {

double sumOf(const Psf& psf) {
  double sum = 0;
  for (double h : psf.values) sum += h;
  return sum;
}
double at(const Psf& psf, PetscInt z, PetscInt y, PetscInt x) {
  return psf.values[static_cast<std::size_t>(((psf.center[0] + z) * psf.ny + psf.center[1] + y) * psf.nx +
                                             psf.center[2] + x)];
}
void requireShape(const Psf& psf) {
  BOOST_TEST(std::abs(sumOf(psf) - 1) < 1e-13);
  BOOST_TEST((psf.center == centerOf(psf, "peak")));
  BOOST_TEST((psf.center == centerOf(psf, "centroid")));
  BOOST_TEST((psf.center == centerOf(psf, "middle")));
  for (PetscInt z = -psf.center[0]; z <= psf.center[0]; ++z)
    for (PetscInt y = 0; y <= psf.center[1]; ++y)
      for (PetscInt x = 0; x <= psf.center[2]; ++x) {
        BOOST_TEST(at(psf, z, y, x) == at(psf, -z, -y, -x));
        BOOST_TEST(at(psf, z, y, x) == at(psf, z, -y, x));
        BOOST_TEST(at(psf, z, y, x) >= 0);
      }
}

}  // namespace

BOOST_AUTO_TEST_CASE(gaussian) {
  const Psf psf = gaussianPsf({0, 1.5, 0.8}, {1e-6, 0});
  requireShape(psf);
  BOOST_TEST(psf.nz == 1);
  double vy = 0, vx = 0;
  for (PetscInt y = -psf.center[1]; y <= psf.center[1]; ++y)
    for (PetscInt x = -psf.center[2]; x <= psf.center[2]; ++x)
      vy += double(y * y) * at(psf, 0, y, x), vx += double(x * x) * at(psf, 0, y, x);
  // Integration over a pixel adds 1/12 (Sheppard); the wings that are cut off take a little.
  BOOST_TEST(std::abs(vy - (1.5 * 1.5 + 1.0 / 12)) < 1e-4);
  BOOST_TEST(std::abs(vx - (0.8 * 0.8 + 1.0 / 12)) < 1e-4);
  BOOST_TEST(std::abs(at(psf, 0, 3, 1) / at(psf, 0, 3, 0) - at(psf, 0, 0, 1) / at(psf, 0, 0, 0)) < 1e-14);
  // Larger by what was cut: the middle pixel is erf(1/2 / (sqrt 2 sigma)) on each axis.
  const double middle = std::erf(0.5 / (std::numbers::sqrt2 * 1.5)) * std::erf(0.5 / (std::numbers::sqrt2 * 0.8));
  BOOST_TEST(at(psf, 0, 0, 0) / middle - 1 >= 0);
  BOOST_TEST(at(psf, 0, 0, 0) / middle - 1 < 1e-6);
  const Psf volume = gaussianPsf({2, 1, 1});
  requireShape(volume);
  BOOST_TEST(volume.nz > volume.ny);
  BOOST_TEST(gaussianPsf({0, 0, 0}).values == std::vector<double>{1});
  BOOST_TEST(gaussianPsf({0, 3, 3}, {1e-5, 8}).ny == 7);
}

BOOST_AUTO_TEST_CASE(moffat_has_its_width_and_wings) {
  const double fwhm = 12, beta = 3;
  const Psf psf = moffatPsf(fwhm, beta, {1e-4, 0});
  requireShape(psf);
  // Half of the peak at fwhm / 2: pixels of 1/12 of the width change little.
  BOOST_TEST(std::abs(at(psf, 0, 0, 6) / at(psf, 0, 0, 0) - 0.5) < 0.01);
  // Light within R: 1 - (1 + (R/a)^2)^(1 - beta).
  const double a = fwhm / (2 * std::sqrt(std::cbrt(2.0) - 1)), R = 20;
  double inside = 0;
  for (PetscInt y = -psf.center[1]; y <= psf.center[1]; ++y)
    for (PetscInt x = -psf.center[2]; x <= psf.center[2]; ++x)
      if (double(y * y + x * x) <= R * R) inside += at(psf, 0, y, x);
  BOOST_TEST(std::abs(inside - (1 - std::pow(1 + R * R / (a * a), 1 - beta))) < 2e-3);
  const double cut = at(psf, 0, 0, 0) / at(moffatPsf(fwhm, beta, {1e-7, 0}), 0, 0, 0) - 1;
  BOOST_TEST(cut > 0);
  BOOST_TEST(cut < 1e-4);
}

BOOST_AUTO_TEST_CASE(airy_has_its_first_zero_and_its_rings) {
  const double na = 1.2, wavelength = 500, pixel = 5;
  const Psf psf = airyPsf(na, wavelength, pixel, {0.02, 0});
  requireShape(psf);
  const double zero = 0.6098 * wavelength / na / pixel,
               ring = 0.8174 * wavelength / na / pixel;  // 50.8 and 68.1 pixels
  PetscInt darkest = 30, brightest = 60;
  for (PetscInt x = 30; x < 65; ++x)
    if (at(psf, 0, 0, x) < at(psf, 0, 0, darkest)) darkest = x;
  for (PetscInt x = 60; x < 90; ++x)
    if (at(psf, 0, 0, x) > at(psf, 0, 0, brightest)) brightest = x;
  BOOST_TEST(std::abs(static_cast<double>(darkest) - zero) <= 1);
  BOOST_TEST(std::abs(static_cast<double>(brightest) - ring) <= 1);
  BOOST_TEST(std::abs(at(psf, 0, 0, brightest) / at(psf, 0, 0, 0) - 0.01750) < 2e-4);
  double inside = 0;  // 83.8 % of all light is within the first dark ring
  for (PetscInt y = -51; y <= 51; ++y)
    for (PetscInt x = -51; x <= 51; ++x)
      if (double(y * y + x * x) <= zero * zero) inside += at(psf, 0, y, x);
  BOOST_TEST(std::abs(inside * 0.98 - 0.8378) < 3e-3);
}

BOOST_AUTO_TEST_CASE(microscope_in_focus_is_airy_and_out_of_focus_keeps_its_light) {
  Microscope m{0.9, 520, 1.33, 60, 200, 9, 61};
  const Psf psf = microscopePsf(m);
  requireShape(psf);
  BOOST_TEST(psf.nz == 9);
  BOOST_TEST(psf.nx == 61);
  const Psf airy = airyPsf(m.na, m.wavelengthNm, m.pixelNm, {1e-2, 61});
  const double ratio = at(psf, 0, 0, 0) / at(airy, 0, 0, 0);
  for (PetscInt y = 0; y <= 30; ++y)
    for (PetscInt x = 0; x <= 30; ++x)
      BOOST_TEST(std::abs(at(psf, 0, y, x) / ratio - at(airy, 0, y, x)) < 1e-5 * at(airy, 0, 0, 0));
  std::array<double, 5> sums{};
  for (PetscInt z = 0; z <= 4; ++z)
    for (PetscInt y = -30; y <= 30; ++y)
      for (PetscInt x = -30; x <= 30; ++x) sums[static_cast<std::size_t>(z)] += at(psf, z, y, x);
  for (double sum : sums) BOOST_TEST(std::abs(sum / sums[0] - 1) < 0.02);
  // Axial: [sin(u/4) / (u/4)]^2 of a paraxial lens is dark at z = 2 n wavelength / NA^2; checked where NA << n.
  const double dark = 2 * 1.33 * 520 / (0.1 * 0.1);
  const Psf slow = microscopePsf({0.1, 520, 1.33, 500, dark / 20, 61, 41});
  PetscInt darkest = 10;
  for (PetscInt z = 10; z <= 30; ++z)
    if (at(slow, z, 0, 0) < at(slow, darkest, 0, 0)) darkest = z;
  BOOST_TEST(darkest == 20);
  const double u = std::numbers::pi * 7 / 20;
  BOOST_TEST(std::abs(at(slow, 7, 0, 0) / at(slow, 0, 0, 0) - std::pow(std::sin(u) / u, 2)) < 0.01);
}

BOOST_AUTO_TEST_CASE(what_is_no_psf_is_refused) {
  const double nan = std::nan("");
  const Shape image{1, 1, 1, 4, 5};
  const auto refused = [&](const Psf& psf, const std::string& why) {
    expectError(ExitCode::BadData, {why}, [&] { checkPsf(psf, image); });
  };
  refused({1, 1, 2, {}, {nan, nan}}, "every value is NaN");
  refused({1, 2, 2, {}, {1, 1, nan, 1}}, "(0, 1, 0) is NaN");
  refused({1, 1, 2, {}, {1, INFINITY}}, "infinite");
  refused({1, 1, 3, {}, {1, -2, 1}}, "sum to zero");
  refused({1, 1, 2, {}, {0, 0}}, "sum to zero");
  refused({1, 1, 3, {}, {1, 1}}, "2 values for 1 x 3");
  refused({1, 5, 1, {}, {1, 1, 1, 1, 1}}, "larger than the image of 4 x 5");
  refused({1, 1, 2, {0, 0, 2}, {1, 1}}, "outside");
  expectError(ExitCode::BadData, {"PSF 1: "}, [&] { checkPsf({1, 1, 1, {}, {0}}, image, 1, 2); });
  checkPsf({1, 4, 1, {0, 3, 0}, {1, 1, 1, -1}}, image);
  Psf psf{1, 2, 2, {}, {1, 2, 3, 2}};
  BOOST_TEST(normalisePsf(psf) == 8);
  BOOST_TEST(sumOf(psf) == 1);
  BOOST_TEST((centerOf(psf, "peak") == std::array<PetscInt, 3>{0, 1, 0}));
  BOOST_TEST((centerOf(psf, "middle") == std::array<PetscInt, 3>{0, 0, 0}));
  BOOST_TEST((centerOf({1, 1, 4, {}, {1, 0, 5, 4}}, "centroid") == std::array<PetscInt, 3>{0, 0, 2}));
  expectError(ExitCode::BadConfig, {"peak, centroid, middle"}, [&] { centerOf(psf, "centre"); });
  expectError(ExitCode::BadConfig, {"sigma"}, [] { gaussianPsf({0, -1, 1}); });
  expectError(ExitCode::BadConfig, {"beta"}, [] { moffatPsf(3, 1); });
  expectError(ExitCode::BadConfig, {"NA"}, [] { airyPsf(0, 500, 50); });
  expectError(ExitCode::BadConfig, {"refractive"}, [] { microscopePsf({1.4, 500, 1.33, 50, 100}); });
  expectError(ExitCode::BadConfig, {"odd"}, [] { microscopePsf({0.9, 500, 1.33, 50, 100, 8, 31}); });
  expectError(ExitCode::BadConfig, {"pixels wide"}, [] { moffatPsf(100, 1.01); });
}
