#include "survey/cosmology.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "base/failure.hpp"

namespace lacuna {
namespace {

constexpr double lightSpeed = 299792.458;        // km/s
constexpr double newton = 4.300917270036279e-9;  // G in Mpc (km/s)^2 / Msun: CODATA 2018 G, IAU 2015 GM of the Sun

/// Gauss-Legendre nodes and weights on [-1, 1] for 5 points.
constexpr std::array<double, 5> nodes{0.0, 0.5384693101056831, -0.5384693101056831, 0.9061798459386640,
                                      -0.9061798459386640};
constexpr std::array<double, 5> weights{0.5688888888888889, 0.4786286704993665, 0.4786286704993665, 0.2369268850561891,
                                        0.2369268850561891};

}  // namespace

FlatLcdm::FlatLcdm(double h0, double omegaM) : h0_(h0), omegaM_(omegaM) {
  if (!(h0 > 0 && std::isfinite(h0) && omegaM > 0 && omegaM <= 1))
    throw Error(ExitCode::BadConfig, "cosmology: H0 = " + std::to_string(h0) + " km/s/Mpc and Omega_m = " +
                                         std::to_string(omegaM) + " (needed: H0 > 0, 0 < Omega_m <= 1)");
}

double FlatLcdm::hubble(double z) const { return h0_ * std::sqrt(omegaM_ * (1 + z) * (1 + z) * (1 + z) + 1 - omegaM_); }

double FlatLcdm::comovingDistance(double z) const {
  // In u = ln(1 + z) the integrand (1 + z) / H is smooth at all redshifts: panels of 1/8 give machine precision.
  const double end = std::log1p(z);
  const int panels = 1 + static_cast<int>(8 * end);
  const double half = 0.5 * end / panels;
  double sum = 0;
  for (int p = 0; p < panels; ++p)
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const double onePlusZ = std::exp(half * (2 * p + 1 + nodes[i]));
      sum += weights[i] * onePlusZ / hubble(onePlusZ - 1);
    }
  return lightSpeed * half * sum;
}

double FlatLcdm::angularDiameterDistance(double from, double to) const {
  return (comovingDistance(to) - comovingDistance(from)) / (1 + to);
}

double FlatLcdm::criticalDensity(double z) const { return 3 * hubble(z) * hubble(z) / (8 * std::numbers::pi * newton); }

double FlatLcdm::criticalSurfaceDensity(double lens, double source) const {
  return lightSpeed * lightSpeed / (4 * std::numbers::pi * newton) * angularDiameterDistance(0, source) /
         (angularDiameterDistance(0, lens) * angularDiameterDistance(lens, source));
}

}  // namespace lacuna
