#pragma once
#include <functional>
#include <string>
#include <vector>

namespace lacuna {

/// An isotropic angular power spectrum C(ell), ell >= 0 [rad^-1], C in units of the field squared times steradian.
using Spectrum = std::function<double(double ell)>;

/// Two columns, ell and C_ell: linear interpolation in ell, end values held. Throws 65 unless ell rises strictly,
/// everything is finite and C >= 0, with at least two rows.
struct SpectrumTable {
  std::vector<double> ell, power;
  double operator()(double l) const;
};
/// Reads a text file of two columns, # comments, blank lines allowed. Rank-local. Throws 66 if it cannot be read, 65
/// with file and line for anything that is not two finite numbers, a third column included.
SpectrumTable readSpectrum(const std::string& path);
SpectrumTable parseSpectrum(const std::string& text, const std::string& name);

/// C(ell) = amplitude (ell / 1000)^slope, 0 at ell = 0.
Spectrum powerLaw(double amplitude, double slope);
/// Covariance sd^2 2^(1-nu)/Gamma(nu) (sqrt(2 nu) r/L)^nu K_nu(sqrt(2 nu) r/L) in two dimensions:
///   C(ell) = sd^2 4 pi nu kappa^(2 nu) / (kappa^2 + ell^2)^(nu + 1), kappa = sqrt(2 nu) / L  (Rasmussen & Williams
///   2006, eq. 4.15).
Spectrum matern(double sd, double lengthRadian, double nu);
/// Covariance sd^2 exp(-r^2 / (2 L^2)): C(ell) = 2 pi sd^2 L^2 exp(-ell^2 L^2 / 2).
Spectrum squaredExponential(double sd, double lengthRadian);

}  // namespace lacuna
