#include "io/map_place.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/error.hpp"
#include "io/crash_guard.hpp"
#include "io/fits_file.hpp"
#include "io/h5_reader.hpp"

namespace lacuna {
namespace {

std::optional<double> number(const FitsFile& file, const std::string& key) {
  int status = 0;
  double value = 0;
  if (fits_read_key(file, TDOUBLE, key.c_str(), &value, nullptr, &status)) {
    fits_clear_errmsg();
    return {};
  }
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string text(const FitsFile& file, const std::string& key) {
  int status = 0;
  std::array<char, FLEN_VALUE> value{};
  if (fits_read_key(file, TSTRING, key.c_str(), value.data(), nullptr, &status)) {
    fits_clear_errmsg();
    return {};
  }
  return value.data();
}

/// d(world i)/d(pixel j), degrees: CDi_j, or CDELTi PCi_j.
double derivative(const FitsFile& file, int i, int j) {
  const std::string ij = std::to_string(i) + "_" + std::to_string(j);
  if (number(file, "CD1_1") || number(file, "CD2_2")) return number(file, "CD" + ij).value_or(0);
  return number(file, "CDELT" + std::to_string(i)).value_or(1) * number(file, "PC" + ij).value_or(i == j ? 1 : 0);
}

/// Rank-local. The world coordinates of the current HDU.
MapPlace placeOf(const FitsFile& file, const ImageShape& shape) {
  MapPlace place;
  const std::string type1 = text(file, "CTYPE1"), type2 = text(file, "CTYPE2");
  const auto x = number(file, "CRPIX1"), y = number(file, "CRPIX2"), ra = number(file, "CRVAL1"),
             dec = number(file, "CRVAL2");
  if (!type1.starts_with("RA--") || !type2.starts_with("DEC-") || !x || !y || !ra || !dec) return place;
  place.known = true;
  const double xx = derivative(file, 1, 1), yy = derivative(file, 2, 2);
  const bool turned =
      std::abs(derivative(file, 1, 2)) + std::abs(derivative(file, 2, 1)) > 1e-6 * (std::abs(xx) + std::abs(yy));
  if (!turned && std::abs(std::abs(xx) - std::abs(yy)) < 1e-6 * std::abs(yy)) place.pixelArcmin = 60 * std::abs(yy);
  if (type1.ends_with("-TAN") && type2.ends_with("-TAN")) place.projection = "gnomonic";
  if (type1.ends_with("-CAR") && type2.ends_with("-CAR")) place.projection = "none";
  const double middleX = static_cast<double>(shape.nx + 1) / 2, middleY = static_cast<double>(shape.ny + 1) / 2;
  if (turned) {
    place.trouble = "its axes are turned against RA and Dec";
  } else if (xx < 0 || yy < 0) {
    place.trouble = fmt::format(
        "its {} run along -{}, and are taken to run along +{}: mirror the maps first (numpy: map[{}]), else positions "
        "come out mirrored and the sign of gamma2 may be wrong",
        xx < 0 ? "columns" : "rows", xx < 0 ? "RA" : "Dec", xx < 0 ? "RA" : "Dec", xx < 0 ? ":, ::-1" : "::-1");
  } else if (std::isnan(place.pixelArcmin)) {
    place.trouble = "its pixels are not square";
  } else if (place.projection.empty()) {
    place.trouble = "its projection (" + type1 + ") is neither TAN nor CAR";
  } else if (place.projection == "none" && *dec != 0) {
    place.trouble = "it is CAR with CRVAL2 other than 0: its parallels are not straight";
  } else if (place.projection == "none") {
    place.raDeg = *ra + (middleX - *x) * xx;
    place.decDeg = (middleY - *y) * yy;
    if (std::abs(place.decDeg) > 90) place.trouble = "its middle lies beyond a pole", place.raDeg = place.decDeg = NAN;
  } else if (std::hypot(*x - middleX, *y - middleY) > 1e-3) {
    place.trouble = "its point of tangency is not its middle";
  } else if (std::abs(*dec) >= 90) {
    place.trouble = "it lies at a pole";
  } else {
    place.raDeg = *ra;
    place.decDeg = *dec;
  }
  return place;
}

/// Collective. /grid of a product.
MapPlace placeOf(const H5Reader& file, const ImageShape& shape) try {
  MapPlace place;
  if (!file.hasAttribute("/", "format") || file.readString("/", "format") != "lacuna" || !file.exists("grid"))
    return place;
  for (const char* name : {"nx", "ny", "pixel_arcmin", "projection", "center_ra_deg", "center_dec_deg"})
    if (!file.hasAttribute("grid", name)) return place;
  if (file.readInteger("grid", "nx") != shape.nx || file.readInteger("grid", "ny") != shape.ny) return place;
  place.known = true;
  place.pixelArcmin = file.readDouble("grid", "pixel_arcmin");
  place.projection = file.readString("grid", "projection");
  place.raDeg = file.readDouble("grid", "center_ra_deg");
  place.decDeg = file.readDouble("grid", "center_dec_deg");
  return place;
} catch (const Error&) {
  return {};  // the attributes of somebody else's file mean something else
}

}  // namespace

MapPlace mapPlace(MPI_Comm comm, const MapSource& map, const ImageShape& shape) {
  if (isHdf5(comm, map.file)) return placeOf(H5Reader(comm, map.file), shape);
  MapPlace place;
  onRankZero(comm, [&] {
    const CrashGuard guard(map.file);
    place = placeOf(FitsFile::openImage(map.file, map.name), shape);
  });
  std::array<double, 4> numbers{place.known ? 1.0 : 0.0, place.pixelArcmin, place.raDeg, place.decDeg};
  checkMpi(MPI_Bcast(numbers.data(), 4, MPI_DOUBLE, 0, comm));
  return {numbers[0] != 0, numbers[1], broadcast(comm, place.projection),
          numbers[2],      numbers[3], broadcast(comm, place.trouble)};
}

}  // namespace lacuna
