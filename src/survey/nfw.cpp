#include "survey/nfw.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "base/failure.hpp"

namespace lacuna {
namespace {

/// arccosh(1/x) / sqrt(1 - x^2), continued to x >= 1 as arccos(1/x) / sqrt(x^2 - 1); the half-angle forms of Wright &
/// Brainerd keep their digits around x = 1.
double h(double x) {
  if (x < 0.5) return std::acosh(1 / x) / std::sqrt((1 - x) * (1 + x));
  if (x < 1) return 2 * std::atanh(std::sqrt((1 - x) / (1 + x))) / std::sqrt((1 - x) * (1 + x));
  if (x > 1) return 2 * std::atan(std::sqrt((x - 1) / (1 + x))) / std::sqrt((x - 1) * (x + 1));
  return 1;
}

/// Sigma / (2 r_s rho_s) = (1 - h) / (x^2 - 1).
double surface(double x) {
  const double t = x - 1;
  if (std::abs(t) < 2e-3)  // the quotient loses digits here; Taylor series, next term 2e-15
    return 1.0 / 3 + t * (-2.0 / 5 + t * (13.0 / 35 + t * (-20.0 / 63 + t * 61.0 / 231)));
  return (1 - h(x)) / (t * (x + 1));
}

/// Mean of `surface` inside x: 2 (h + ln(x/2)) / x^2.
double meanSurface(double x) {
  const double log = std::log(2 / x);
  if (x < 1e-2)  // h and ln(x/2) cancel here; the next term is of the order x^6 ln x
    return log - 0.5 + x * x * (0.75 * log - 7.0 / 16 + x * x * (0.625 * log - 37.0 / 96));
  return 2 * (h(x) - log) / (x * x);
}

}  // namespace

NfwLens::NfwLens(const Halo200& halo, const FlatLcdm& cosmology, double sourceRedshift) {
  if (!(halo.m200 > 0 && halo.concentration > 0 && halo.redshift > 0))
    throw Error(ExitCode::BadConfig, "NFW halo of mass " + std::to_string(halo.m200) + " Msun, concentration " +
                                         std::to_string(halo.concentration) + ", redshift " +
                                         std::to_string(halo.redshift) + ": all three must be positive");
  const double c = halo.concentration, critical = cosmology.criticalDensity(halo.redshift);
  r200_ = std::cbrt(halo.m200 / (200 * critical * 4 * std::numbers::pi / 3));
  rhoS_ = 200.0 / 3 * critical * c * c * c / (std::log1p(c) - c / (1 + c));
  scaleAngle_ = r200_ / c / cosmology.angularDiameterDistance(0, halo.redshift);
  if (sourceRedshift > halo.redshift)
    strength_ = 2 * r200_ / c * rhoS_ / cosmology.criticalSurfaceDensity(halo.redshift, sourceRedshift);
}

double NfwLens::convergence(double theta) const {
  if (strength_ == 0) return 0;
  return theta > 0 ? strength_ * surface(theta / scaleAngle_) : std::numeric_limits<double>::infinity();
}

double NfwLens::meanConvergence(double theta) const {
  if (strength_ == 0) return 0;
  return theta > 0 ? strength_ * meanSurface(theta / scaleAngle_) : std::numeric_limits<double>::infinity();
}

}  // namespace lacuna
