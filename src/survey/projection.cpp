#include "survey/projection.hpp"

#include <fmt/format.h>

#include "base/failure.hpp"

namespace lacuna {
namespace {

constexpr double radian = std::numbers::pi / 180;

double positiveRa(double ra) {
  const double r = std::fmod(ra, 360.0);
  const double p = r < 0 ? r + 360 : r;
  return p < 360 ? p : 0;  // -1e-17 + 360 is 360
}

void demand(bool ok, const std::string& what) {
  if (!ok) throw Error(ExitCode::BadConfig, "grid: " + what);
}

}  // namespace

SkyGrid::SkyGrid(Projection projection, double raDeg, double decDeg, double pixelArcmin, std::int64_t nx,
                 std::int64_t ny)
    : projection_(projection), ra0_(positiveRa(raDeg)), dec0_(decDeg), pixelArcmin_(pixelArcmin), nx_(nx), ny_(ny) {
  demand(std::isfinite(raDeg), fmt::format("the centre's RA is {}", raDeg));
  demand(std::abs(decDeg) <= 90, fmt::format("the centre's Dec is {} deg, outside -90 .. 90", decDeg));
  demand(pixelArcmin > 0 && pixelArcmin <= 180 * 60, fmt::format("pixel_arcmin is {}", pixelArcmin));
  demand(nx > 0 && ny > 0, fmt::format("{} x {} has no pixels", nx, ny));
  const auto [sine, cosine] = sinCosDegrees(dec0_);
  sinDec0_ = sine;
  cosDec0_ = cosine;
  midX_ = static_cast<double>(nx - 1) / 2;
  midY_ = static_cast<double>(ny - 1) / 2;
  const double perDegree = 60 / pixelArcmin;
  perPixel_ = projection == Projection::None ? perDegree : perDegree / radian;
}

double SkyGrid::pixelArea() const {
  return pixelArcmin_ * pixelArcmin_ * (projection_ == Projection::None ? cosDec0_ : 1.0);
}

SkyGrid::Point SkyGrid::pixelOf(double raDeg, double decDeg) const {
  const Placed p = place(raDeg, decDeg);
  return {p.x, p.y};
}

void SkyGrid::place(std::span<const double> raDeg, std::span<const double> decDeg, std::span<Placed> out) const {
  const SkyGrid grid = *this;  // a copy that `out` cannot alias
  if (projection_ == Projection::Gnomonic)
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = grid.placeOnTangent(raDeg[i], decDeg[i]);
  else
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = grid.place(raDeg[i], decDeg[i]);
}

SkyGrid::Direction SkyGrid::skyOf(double x, double y) const {
  const double xi = (x - midX_) / perPixel_, eta = (y - midY_) / perPixel_;
  if (projection_ == Projection::None) return {positiveRa(ra0_ + xi), dec0_ + eta};
  // The direction (1, xi, eta) in the frame (tangent point, east, north), turned to the axes of RA = ra0.
  const double vx = cosDec0_ - eta * sinDec0_, vz = sinDec0_ + eta * cosDec0_;
  return {positiveRa(ra0_ + std::atan2(xi, vx) / radian), std::atan2(vz, std::hypot(vx, xi)) / radian};
}

SkyWcs SkyGrid::wcs() const {
  const double pixel = pixelArcmin_ / 60;
  SkyWcs w;
  w.crpix1 = midX_ + 1;
  w.crpix2 = midY_ + 1;
  w.crval1 = ra0_;
  w.crval2 = dec0_;
  w.cdelt1 = w.cdelt2 = pixel;
  if (projection_ == Projection::None) {
    w.ctype1 = "RA---CAR";
    w.ctype2 = "DEC--CAR";
    w.crval2 = 0;
    w.crpix2 -= dec0_ / pixel;
  } else if (dec0_ == 90) {
    w.crval1 = positiveRa(ra0_ + 180);  // at this pole LONPOLE is 0 by default instead of 180 deg
  }
  return w;
}

}  // namespace lacuna
