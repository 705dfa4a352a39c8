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
  expectError(ExitCode::BadData, {"there are no rows"}, [&] { suggested("none.csv", {}); });
  expectError(ExitCode::BadData, {"all 7 of them", "RA 10", "Dec 20", "pixel_arcmin"},
              [&] { suggested("place.csv", {}); });
  const SkyGrid place = suggested("place.csv", {.pixelArcmin = 2.0}).grid;
  BOOST_TEST((place.nx() == 1 && place.ny() == 1));
}

BOOST_AUTO_TEST_CASE(few_galaxies_have_a_density) {
  // 500 galaxies on 3600 arcmin^2, and on a disc of 0.5 deg around the pole: so many that a pixel is to hold 15.
  for (const auto& [name, area] : {std::pair{"sparse.csv", 3600.0}, std::pair{"cap.csv", 2827.4}})
    BOOST_TEST_CONTEXT(name) {
      const CatalogueFormat f;
      const SkyGrid grid = suggestGrid(*open(file(name), f), f, {}).grid;
      const double perPixel = 500 / area * grid.pixelArea();
      BOOST_TEST(perPixel > 10);
      BOOST_TEST(perPixel < 23);
    }
}

BOOST_AUTO_TEST_CASE(a_given_number_of_pixels_holds_all_galaxies) {
  const CatalogueFormat f;
  const auto grid = [&](const GridRequest& request) {
    return suggestGrid(*open(file("dense.csv"), f), f, request).grid;  // about 4 deg cos(10 deg) by 2 deg
  };
  const SkyGrid columns = grid({.nx = 50}), rows = grid({.ny = 7}), both = grid({.nx = 40, .ny = 40});
  BOOST_TEST((columns.nx() == 50 && rows.ny() == 7 && both.nx() == 40 && both.ny() == 40));
  BOOST_TEST((columns.pixelArcmin() > 4.6 && columns.pixelArcmin() < 4.8));
  BOOST_TEST((rows.pixelArcmin() > 17 && rows.pixelArcmin() < 17.5));
  BOOST_TEST((both.pixelArcmin() > 5.8 && both.pixelArcmin() < 6));
  for (const SkyGrid& g : {columns, rows, both}) BOOST_TEST(binned(file("dense.csv"), f, g).counts.outside == 0);
}
