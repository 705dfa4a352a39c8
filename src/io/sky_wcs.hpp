#pragma once
#include <string>
#include <vector>

namespace lacuna {

/// World coordinates of an image, FITS paper II (Calabretta & Greisen 2002). Pixel (1, 1) is the centre of the first
/// pixel of row 0, the row of lowest Dec. Angles in degrees.
struct SkyWcs {
  std::string ctype1 = "RA---TAN", ctype2 = "DEC--TAN";
  double crpix1 = 1, crpix2 = 1;
  double crval1 = 0, crval2 = 0;
  double cdelt1 = 1, cdelt2 = 1;
  std::string radesys = "ICRS";
};

/// The header cards (80 characters each), made and checked by WCSLIB, 17 significant digits. Throws (exit 70) what
/// WCSLIB says if it refuses them.
std::vector<std::string> headerCards(const SkyWcs& wcs);

}  // namespace lacuna
