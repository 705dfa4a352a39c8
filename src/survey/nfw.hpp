#pragma once
#include "survey/cosmology.hpp"

namespace lacuna {

/// A halo of Navarro, Frenk & White (1997): rho = rho_s / (x (1 + x)^2), x = r / r_s.
struct Halo200 {
  double m200 = 0;           ///< mass within r200, where the mean density is 200 times the critical one at z; Msun
  double concentration = 0;  ///< r200 / r_s
  double redshift = 0;
};

/// The lensing of an NFW halo by the formulas of Wright & Brainerd 2000 (doi:10.1086/308744; Bartelmann 1996), the
/// profile not truncated. Angles in radians from the halo's centre, flat sky. All is zero where the halo is not in
/// front of the source.
class NfwLens {
 public:
  /// Throws (exit 78) where mass, concentration or redshift is not positive.
  NfwLens(const Halo200& halo, const FlatLcdm& cosmology, double sourceRedshift);

  double convergence(double theta) const;      ///< kappa = Sigma / Sigma_cr; infinite at 0
  double meanConvergence(double theta) const;  ///< mean of kappa inside the circle
  /// Tangential shear = meanConvergence - convergence.
  double tangentialShear(double theta) const { return meanConvergence(theta) - convergence(theta); }

  double r200() const { return r200_; }              ///< Mpc
  double scaleAngle() const { return scaleAngle_; }  ///< r_s as an angle, rad
  double scaleDensity() const { return rhoS_; }      ///< rho_s in Msun / Mpc^3

 private:
  double r200_, rhoS_, scaleAngle_;
  double strength_ = 0;  ///< 2 r_s rho_s / Sigma_cr
};

}  // namespace lacuna
