/// Grids that a catalogue suggests.
#include "binned_maps.hpp"
#include "survey/suggest_grid.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(grids_from_a_catalogue) {
  const CatalogueFormat f;
  const auto suggested = [&](const std::string& name, const GridRequest& request) {
    return suggestGrid(*open(file(name), f), f, request);
  };
  // Over RA = 0: the plain mean of RA would be 180.
  const SkyGrid wrap = suggested("wrap.csv", {.projection = Projection::None, .pixelArcmin = 7.5}).grid;
  BOOST_TEST(wrap.centerRa() == 0);
  BOOST_TEST(std::abs(wrap.centerDec()) < 1e-12);
  BOOST_TEST(wrap.nx() == 9);   // +-30 arcmin
  BOOST_TEST(wrap.ny() == 17);  // +-60 arcmin
  // 400 x 200 / 8 galaxies on 4 x 2 deg: 1 galaxy in 2.9 arcmin^2, 15 in 6.6^2.
  const SuggestedGrid dense = suggested("dense.csv", {});
  BOOST_TEST(std::abs(wrappedDifference(dense.grid.centerRa(), 359.98)) < 1e-6);
  BOOST_TEST(std::abs(dense.grid.centerDec() - 10.99) < 1e-6);
  const double perPixel = dense.grid.pixelArea() * 1e4 / (4 * 2 * 3600 * std::cos(11 * 0.01745));
  BOOST_TEST(perPixel > 10);
  BOOST_TEST(perPixel < 20);
  BOOST_TEST(dense.notes.size() == 3u);
  BOOST_TEST(binned(file("dense.csv"), f, dense.grid).counts.outside == 0);
  const SkyGrid pole = suggested("pole.csv", {.pixelArcmin = 10.0}).grid;
  BOOST_TEST(pole.centerDec() > 89.999999);
  BOOST_TEST(binned(file("pole.csv"), f, pole).counts.outside == 0);
  BOOST_TEST(pole.nx() == pole.ny());
  BOOST_TEST((pole.nx() >= 9 && pole.nx() <= 13));  // 1 deg in four directions, which the axes need not meet
  // What is given stays.
  const SuggestedGrid given = suggested("dense.csv", {Projection::Gnomonic, SkyGrid::Direction{1, 11}, 3.0, 20, 30});
  BOOST_TEST((given.grid.nx() == 20 && given.grid.ny() == 30 && given.grid.pixelArcmin() == 3 && given.notes.empty()));
  expectError(ExitCode::BadData, {"far.csv", "select a field"},
              [&] { suggested("far.csv", {.projection = Projection::None, .pixelArcmin = 0.1}); });
  expectError(ExitCode::BadData, {"none of its 0 rows"}, [&] { suggested("none.csv", {}); });
}
