#pragma once
#include <string>

#include "operators/psf.hpp"

namespace lacuna {

/// PSFs from instrument parameters. All have odd extents with the center in the middle, are cut where only a fraction
/// `outside` of the light lies beyond (or at `most` pixels a side, if not 0), and sum to one. Lengths are in pixels
/// where nothing else is said. Throw 78 on parameters without a meaning.
struct PsfExtent {
  double outside = 1e-5;  ///< fraction of the light that may be cut off, in (0, 0.5)
  PetscInt most = 0;      ///< largest extent of an axis; 0: no limit
};

/// Gaussian of standard deviation sigma (z, y, x; 0: no blur along an axis), integrated over pixels:
///   h(i) = 1/2 [erf((i + 1/2) / (sqrt 2 sigma)) - erf((i - 1/2) / (sqrt 2 sigma))] along every axis.
Psf gaussianPsf(const std::array<double, 3>& sigmaPixels, const PsfExtent& extent = {});

/// Moffat 1969: h(r) ~ (1 + (r / a)^2)^(-beta), a = fwhm / (2 sqrt(2^(1/beta) - 1)), beta > 1; 2-D, integrated over
/// pixels. Its wings are wide: the fraction beyond R is (1 + (R/a)^2)^(1 - beta).
Psf moffatPsf(double fwhmPixels, double beta, const PsfExtent& extent = {1e-4, 0});

/// Airy pattern of a circular aperture: h(r) ~ [2 J1(v) / v]^2, v = 2 pi NA r / wavelength; 2-D, integrated over
/// pixels. The fraction of the light beyond v is J0(v)^2 + J1(v)^2 (Rayleigh), about 2 / (pi v): so wide that the
/// default cuts 1 %.
Psf airyPsf(double na, double wavelengthNm, double pixelNm, const PsfExtent& extent = {1e-2, 0});

/// Widefield fluorescence microscope, scalar diffraction (Born & Wolf, Principles of Optics, 8.8; high-NA phase):
///   h(r, z) ~ | int_0^1 J0(k NA r p) exp(i k z sqrt(n^2 - NA^2 p^2)) p dp |^2, k = 2 pi / wavelength,
/// with z from the focal plane in a medium of refractive index n > NA; integrated over pixels in y and x, sampled along
/// z. `planes` and `size` (odd) are the extents along z, and along y and x; 0: planes out to 4 depths of focus, n
/// wavelength / NA^2, either way, and as wide as the cone of light is there plus 4 wavelengths / NA. Defocus spreads
/// light and loses none: planes differ in their sums only by what lies outside.
struct Microscope {
  double na = 0, wavelengthNm = 0, refractiveIndex = 1, pixelNm = 0, zStepNm = 0;
  PetscInt planes = 0, size = 0;
};
Psf microscopePsf(const Microscope& microscope);

/// Divides by the sum; returns the sum that it had. Throws 65 where it is zero or not finite.
double normalisePsf(Psf& psf);
/// The entry that stays where it is: "peak" (of equal ones the nearest to the centroid), "centroid" (rounded), "middle"
/// = (n - 1) / 2 rounded down. Throws 78 on another word, 65 where the sum of the PSF is not positive.
std::array<PetscInt, 3> centerOf(const Psf& psf, const std::string& how);

}  // namespace lacuna
