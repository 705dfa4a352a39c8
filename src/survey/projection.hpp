#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>

#include "io/sky_wcs.hpp"

namespace lacuna {

enum class Projection {
  Gnomonic,  ///< tangent plane (FITS TAN)
  None       ///< plain differences of RA and Dec, no cos(Dec) (FITS CAR with CRVAL2 = 0)
};

/// A pixel grid on the sky. x = column, along +RA; y = row, along +Dec; pixel centres at integers from 0; the grid
/// centre (ra0, dec0) lies at x = (nx - 1)/2, y = (ny - 1)/2. Pure geometry: no MPI, cheap to copy.
///
/// Gnomonic, with da = ra - ra0 and cos t = sin d0 sin d + cos d0 cos d cos da (Calabretta & Greisen 2002, 5.1.3):
///   xi = cos d sin da / cos t,   eta = (cos d0 sin d - sin d0 cos d cos da) / cos t.
/// None: xi = da wrapped to +-180 deg, eta = dec - dec0.
class SkyGrid {
 public:
  /// Angles in degrees. Throws (exit 78) where a number is not finite or out of range.
  SkyGrid(Projection projection, double raDeg, double decDeg, double pixelArcmin, std::int64_t nx, std::int64_t ny);

  Projection projection() const { return projection_; }
  double centerRa() const { return ra0_; }    ///< deg, in [0, 360)
  double centerDec() const { return dec0_; }  ///< deg
  double pixelArcmin() const { return pixelArcmin_; }
  std::int64_t nx() const { return nx_; }
  std::int64_t ny() const { return ny_; }
  /// Solid angle of the pixel at the grid centre in arcmin^2 (`None`: times cos Dec of the centre).
  double pixelArea() const;

  struct Point {
    double x, y;  ///< pixels; NaN where the sphere has no image (90 deg and more from the tangent point)
  };
  struct Direction {
    double ra, dec;  ///< deg, RA in [0, 360)
  };
  /// A point with the rotation from the local (+RA, +Dec) axes to the grid's: a spin-2 quantity g1 + i g2 given in
  /// the local axes is (g1 + i g2)(cos2 + i sin2) in the grid's.
  struct Placed {
    double x, y, cos2, sin2;
  };

  Point pixelOf(double raDeg, double decDeg) const;
  Direction skyOf(double x, double y) const;
  /// The rotation angle psi is that of the polar decomposition of the projection's Jacobian. A gnomonic projection
  /// maps the direction away from the tangent point to itself, so psi is the bearing in the plane less that on
  /// the sphere. By Napier's analogy tan(psi/2) = tan(da/2) sin((d+d0)/2) / cos((d-d0)/2), hence
  ///   e^{i psi} = [cos d cos d0 + cos da (1 + sin d sin d0) + i sin da (sin d + sin d0)] / (1 + cos t).
  Placed place(double raDeg, double decDeg) const;
  /// place() of many points, several at a time: half the time. Arrays of equal length.
  void place(std::span<const double> raDeg, std::span<const double> decDeg, std::span<Placed> out) const;

  /// True if the pixel that holds (x, y) belongs to the grid. False for NaN.
  bool holds(double x, double y) const {
    return x >= -0.5 && y >= -0.5 && x < static_cast<double>(nx_) - 0.5 && y < static_cast<double>(ny_) - 0.5;
  }
  /// TAN, or CAR with CRVAL2 = 0 and CRPIX2 shifted (a CAR is plain only where its reference lies on the equator).
  SkyWcs wcs() const;

 private:
  Placed placeOnTangent(double raDeg, double decDeg) const;

  Projection projection_;
  double ra0_, dec0_, pixelArcmin_;
  std::int64_t nx_, ny_;
  double sinDec0_, cosDec0_, midX_, midY_;
  double perPixel_;  ///< pixels per radian (gnomonic) or per degree (none)
};

/// a - b in degrees, wrapped to [-180, 180].
inline double wrappedDifference(double a, double b) {
  const double d = a - b;
  return std::abs(d) <= 180 ? d : std::remainder(d, 360.0);  // remainder() is slow, and rarely needed
}

struct SinCos {
  double sin, cos;
};
/// Sine and cosine of an angle in degrees (|angle| < 1e6) to 2e-16, without branches, so that loops over it are
/// vectorised. The reduction to [-45, 45] deg is exact; the polynomials are those of fdlibm (Sun Microsystems 1993).
inline SinCos sinCosDegrees(double degrees) {
  constexpr double round = 0x1.8p52;  // adding it leaves the nearest integer in the low bits
  const double shifted = degrees * (1.0 / 90) + round;
  const auto quarter = std::bit_cast<std::uint64_t>(shifted);
  const double r = (degrees - (shifted - round) * 90) * (std::numbers::pi / 180), z = r * r;
  const double s = r + r * z *
                           (-1.66666666666666324348e-01 +
                            z * (8.33333333332248946124e-03 +
                                 z * (-1.98412698298579493134e-04 +
                                      z * (2.75573137070700676789e-06 +
                                           z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
  const double c = 1 - 0.5 * z +
                   z * z *
                       (4.16666666666666019037e-02 +
                        z * (-1.38888888888741095749e-03 +
                             z * (2.48015872894767294178e-05 +
                                  z * (-2.75573143513906633035e-07 +
                                       z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
  // In odd quarters the two change places; bit 1 of the quarter is the sign. As bits, because a ?: becomes a branch.
  const auto sBits = std::bit_cast<std::uint64_t>(s), cBits = std::bit_cast<std::uint64_t>(c);
  const std::uint64_t swap = (sBits ^ cBits) & (0 - (quarter & 1));
  return {std::bit_cast<double>((sBits ^ swap) ^ ((quarter & 2) << 62)),
          std::bit_cast<double>((cBits ^ swap) ^ (((quarter + 1) & 2) << 62))};
}

inline SkyGrid::Placed SkyGrid::placeOnTangent(double raDeg, double decDeg) const {
  const auto [s, c] = sinCosDegrees(raDeg - ra0_);
  const auto [sd, cd] = sinCosDegrees(decDeg);
  const double ss = sd * sinDec0_, cc = cd * cosDec0_, cosT = ss + cc * c;
  const double f = (cosT > 0 ? perPixel_ : std::numeric_limits<double>::quiet_NaN()) / cosT, g = 1 / (1 + cosT);
  const double cosPsi = (cc + c * (1 + ss)) * g, sinPsi = s * (sd + sinDec0_) * g;
  return {cd * s * f + midX_, (cosDec0_ * sd - sinDec0_ * cd * c) * f + midY_, (cosPsi - sinPsi) * (cosPsi + sinPsi),
          2 * cosPsi * sinPsi};
}

inline SkyGrid::Placed SkyGrid::place(double raDeg, double decDeg) const {
  if (projection_ == Projection::Gnomonic) return placeOnTangent(raDeg, decDeg);
  return {wrappedDifference(raDeg, ra0_) * perPixel_ + midX_, (decDeg - dec0_) * perPixel_ + midY_, 1, 0};
}

}  // namespace lacuna
