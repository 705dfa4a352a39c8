#pragma once

namespace lacuna {

/// Distances and densities of a flat universe of matter and a cosmological constant (radiation left out). Lengths in
/// Mpc, masses in solar masses, no factors of h.
class FlatLcdm {
 public:
  /// h0 in km/s/Mpc. Throws (exit 78) where a number makes no sense.
  FlatLcdm(double h0, double omegaM);

  /// H(z) in km/s/Mpc: H0 sqrt(omegaM (1 + z)^3 + 1 - omegaM).
  double hubble(double z) const;
  /// Integral of c / H from 0 to z, Mpc.
  double comovingDistance(double z) const;
  /// Angular diameter distance in Mpc of `to` as seen from `from` (0 <= from <= to).
  double angularDiameterDistance(double from, double to) const;
  /// 3 H(z)^2 / (8 pi G) in Msun / Mpc^3.
  double criticalDensity(double z) const;
  /// Sigma_cr = c^2 / (4 pi G) D_s / (D_l D_ls) in Msun / Mpc^2, for a lens in front of the source.
  double criticalSurfaceDensity(double lens, double source) const;

 private:
  double h0_, omegaM_;
};

}  // namespace lacuna
