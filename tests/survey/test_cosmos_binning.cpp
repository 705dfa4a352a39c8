/// The published maps of a real catalogue (HST COSMOS, Schrabback et al. 2010), binned again.
#include <cstdlib>
#include <iostream>

#include "binned_maps.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(cosmos_maps_are_reproduced) {
  const char* data = std::getenv("LACUNA_DATA");
  if (!data) {
    if (rankOf(world) == 0) std::cerr << "SKIPPED: LACUNA_DATA is not set, the COSMOS maps are not compared\n";
    return;
  }
  const std::string folder = data;
  CatalogueFormat f;
  f.ra = "RA", f.dec = "DEC", f.weight = "weight";
  f.flipE2 = true;  // as the maps are stored
  std::vector<double> ra = column(folder + "/cosmos_hst.fits", "RA"), dec = column(folder + "/cosmos_hst.fits", "DEC");
  const auto median = [](std::vector<double>& v) {
    const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);  // 417,117 is odd
    std::nth_element(v.begin(), middle, v.end());
    return *middle;
  };
  const SkyGrid grid(Projection::None, median(ra), median(dec), 0.29, 360, 360);
  const BinnedShear b = binned(folder + "/cosmos_hst.fits", f, grid);
  const Maps m = cut(b, grid);
  const std::string maps = file("cosmos_maps.h5");
  const std::vector<double> e1 = column(maps, "e1"), e2 = column(maps, "e2"), mask = column(maps, "mask");
  double d1 = 0, d2 = 0;
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    wrong += (mask[i] != 0) != (m.mask[i] != 0);
    d1 = std::max(d1, std::abs(e1[i] - m.gamma1[i]));
    d2 = std::max(d2, std::abs(e2[i] - m.gamma2[i]));
  }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(d1 < 1e-6);
  BOOST_TEST(d2 < 1e-6);
  if (rankOf(world) == 0)
    std::cout << "COSMOS: largest difference " << d1 << ' ' << d2 << ", shape sd " << b.measuredShapeSd << ", "
              << b.densityPerArcmin2 << " galaxies per arcmin^2\n";
}
