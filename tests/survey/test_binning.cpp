/// Binning of shear catalogues against galaxy-by-galaxy sums in Python and against itself on one rank; catalogues that
/// cannot be used.
#include "binned_maps.hpp"

using namespace lacuna;

namespace {

CatalogueFormat complicated(const std::string& group) {
  CatalogueFormat f;
  f.ra = group + "RA", f.dec = group + "DEC", f.e1 = group + "e1", f.e2 = group + "e2", f.weight = group + "w";
  f.mColumn = group + "m";
  f.flipE2 = true;
  f.c1 = 0.003, f.c2 = -0.001, f.responsivity = 1.7;
  f.select = {{group + "z", 0.3, 1.5}};
  return f;
}
const SkyGrid complicatedGrid(Projection::Gnomonic, 359.95, -50.1, 4, 19, 22);

}  // namespace

BOOST_AUTO_TEST_CASE(maps_equal_sums_galaxy_by_galaxy_from_every_format) {
  std::optional<Maps> first;
  for (const auto& [name, group] : {std::pair{"cat.fits", ""}, {"cat.h5", "survey/"}, {"cat.csv", ""}}) {
    const BinnedShear b = binned(file(name), complicated(group), complicatedGrid);
    const Maps m = cut(b, complicatedGrid);
    BOOST_TEST(worst(m.count, column(file("binned.h5"), "count")) == 0);
    BOOST_TEST(worst(m.gamma1, column(file("binned.h5"), "gamma1")) < 1e-6);  // the reference's rotation is numerical
    BOOST_TEST(worst(m.gamma2, column(file("binned.h5"), "gamma2")) < 1e-6);
    BOOST_TEST(worst(m.variance, column(file("binned.h5"), "variance")) < 1e-12);
    BOOST_TEST(std::abs(b.measuredShapeSd - column(file("binned.h5"), "sd")[0]) < 1e-12);
    BOOST_TEST(b.shapeSd == b.measuredShapeSd);
    const BinCounts& c = b.counts;
    const std::vector<double> numbers = column(file("binned.h5"), "numbers");
    const std::vector<std::int64_t> mine{c.read, c.unselected, c.weightless, c.outside, c.masked, c.used};
    BOOST_TEST(std::equal(mine.begin(), mine.end(), numbers.begin(), numbers.end(),
                          [](std::int64_t a, double n) { return static_cast<double>(a) == n; }));
    BOOST_TEST(c.read == c.unselected + c.weightless + c.outside + c.masked + c.used);
    for (std::size_t i = 0; i < m.mask.size(); ++i) BOOST_REQUIRE(m.mask[i] == (m.count[i] > 0 ? 1 : 0));
    BOOST_TEST(b.pixels == std::count(m.mask.begin(), m.mask.end(), 1.0));
    BOOST_TEST(std::abs(b.densityPerArcmin2 - static_cast<double>(c.used) / (16.0 * static_cast<double>(b.pixels))) <
               1e-12);
    if (!first) first = m;
    BOOST_TEST((m.gamma1 == first->gamma1 && m.gamma2 == first->gamma2 && m.variance == first->variance));
  }
}

BOOST_AUTO_TEST_CASE(nothing_depends_on_the_number_of_ranks) {
  for (const std::uint32_t realisation : {0u, 3u}) {
    const BinOptions options{.realisation = realisation, .seed = 12};
    const Maps here =
        cut(binned(file("cat.fits"), complicated(""), complicatedGrid, options, MPI_COMM_SELF), complicatedGrid);
    const Maps all = cut(binned(file("cat.fits"), complicated(""), complicatedGrid, options), complicatedGrid);
    BOOST_TEST(worst(here.gamma1, all.gamma1) < 1e-11);  // of 1e-3, that is: sums cancel
    BOOST_TEST(worst(here.gamma2, all.gamma2) < 1e-11);
    BOOST_TEST(worst(here.variance, all.variance) < 1e-13);
    BOOST_TEST((here.count == all.count));
  }
}

BOOST_AUTO_TEST_CASE(ranks_in_time_own_no_pixels) {
  const CatalogueFormat f = complicated("");
  const auto table = open(file("cat.fits"), f);
  const auto grid = std::make_shared<ProcessGrid>(world, 1, sizeOf(world));
  const Cube image(grid, paddedImage(complicatedGrid).shape());
  const Maps m = cut(bin(*table, f, complicatedGrid, image, windowOf(complicatedGrid)), complicatedGrid);
  BOOST_TEST(worst(m.variance, column(file("binned.h5"), "variance")) < 1e-12);
}

BOOST_AUTO_TEST_CASE(more_ranks_than_rows) {
  CatalogueFormat f;
  f.weight = "weight";
  const SkyGrid grid(Projection::None, 10, 5, 6, 3, 3);
  const BinnedShear b = binned(file("two.csv"), f, grid);
  const Maps m = cut(b, grid);
  BOOST_TEST(b.counts.used == 2);
  BOOST_TEST(m.count[4] == 2);
  BOOST_TEST(std::abs(m.gamma1[4] - 0.1) < 1e-15);
  BOOST_TEST(std::abs(m.variance[4] - 0.005 / 2) < 1e-15);  // sd^2 = (0.1^2 + 0)/2
}

BOOST_AUTO_TEST_CASE(calibration_by_numbers) {
  CatalogueFormat f;
  f.weight = "weight";
  const SkyGrid grid(Projection::None, 10, 5, 60, 3, 3);
  const Maps plain = cut(binned(file("good.csv"), f, grid), grid);
  f.m = 0.25;
  f.responsivity = 2;
  f.c1 = -0.02;
  f.flipE1 = true;
  const BinnedShear b = binned(file("good.csv"), f, grid, {.shapeSd = 0.3});
  const Maps m = cut(b, grid);
  BOOST_TEST(std::abs(plain.gamma1[4] - 0.1) < 1e-15);
  BOOST_TEST(std::abs(m.gamma1[4] - (-0.1 + 0.02) / 2 / 1.25) < 1e-15);
  BOOST_TEST(std::abs(m.variance[4] - 0.09 / 10 / 1.5625) < 1e-15);
  BOOST_TEST(b.shapeSd == 0.3);
  BOOST_TEST(std::abs(b.measuredShapeSd - 0.04 / std::sqrt(2.0)) < 1e-15);
  f = {};
  f.radians = true;
  BOOST_TEST(binned(file("radians.csv"), f, grid).counts.used == 10);
}

BOOST_AUTO_TEST_CASE(realisations_turn_every_galaxy) {
  const CatalogueFormat f = complicated("");
  const BinnedShear b = binned(file("cat.fits"), f, complicatedGrid);
  const Maps data = cut(b, complicatedGrid);
  const auto realisation = [&](std::uint32_t n, std::uint64_t seed) {
    const BinnedShear r = binned(file("cat.fits"), f, complicatedGrid, {.realisation = n, .seed = seed});
    BOOST_TEST(std::abs(r.measuredShapeSd / b.measuredShapeSd - 1) < 1e-12);  // lengths stay
    return cut(r, complicatedGrid);
  };
  const Maps one = realisation(1, 5), again = realisation(1, 5), two = realisation(2, 5), other = realisation(1, 6);
  BOOST_TEST((one.gamma1 == again.gamma1));
  BOOST_TEST(worst(one.gamma1, two.gamma1) > 0.1);
  BOOST_TEST(worst(one.gamma1, other.gamma1) > 0.1);
  BOOST_TEST((one.variance == data.variance || worst(one.variance, data.variance) < 1e-12));
  double single = 0, chi2 = 0, product = 0;
  for (std::size_t i = 0; i < data.count.size(); ++i) {
    if (data.count[i] == 0) continue;
    if (data.count[i] == 1) {
      const double turned = std::hypot(one.gamma1[i], one.gamma2[i]), was = std::hypot(data.gamma1[i], data.gamma2[i]);
      BOOST_TEST(std::abs(turned - was) < 1e-14);
      single += 1;
    }
    chi2 += (one.gamma1[i] * one.gamma1[i] + one.gamma2[i] * one.gamma2[i]) / one.variance[i];
    product += (one.gamma1[i] * data.gamma1[i] + one.gamma2[i] * data.gamma2[i]) / one.variance[i];
  }
  const double n = 2 * static_cast<double>(b.pixels);
  BOOST_TEST(single > 0);
  BOOST_TEST(std::abs(chi2 / n - 1) < 5 * std::sqrt(2 / n));  // the noise variance is that of the noise
  BOOST_TEST(std::abs(product / n) < 5 / std::sqrt(n));
}

BOOST_AUTO_TEST_CASE(a_mask_leaves_galaxies_out) {
  const CatalogueFormat f = complicated("");
  const Cube image = paddedImage(complicatedGrid);
  const VecHandle mask = image.space().vec();
  const auto table = open(file("cat.fits"), f);
  const auto run = [&] { return bin(*table, f, complicatedGrid, image, windowOf(complicatedGrid), {.mask = mask}); };
  expectError(ExitCode::BadData, {"cat.fits", "no galaxy is left", "masked"}, run);
  {
    const WriteLocal m(mask);
    for (const NaturalRun& r : image.space().naturalRuns())
      for (PetscInt i = 0; i < r.count; ++i) m[r.local + i] = (r.natural + i) % 3 == 0;
  }
  const BinnedShear b = run();
  const Maps m = cut(b, complicatedGrid);
  const auto all = whole(image.space(), mask);
  const auto counts = whole(b.image.space(), b.count);
  double used = 0;
  for (std::size_t i = 0; i < all.size(); ++i) BOOST_REQUIRE((all[i] != 0 || counts[i] == 0));
  for (double c : m.count) used += c;
  BOOST_TEST(static_cast<double>(b.counts.used) == used);
  BOOST_TEST(b.counts.masked > b.counts.used);
}

BOOST_AUTO_TEST_CASE(catalogues_that_cannot_be_used) {
  const SkyGrid grid(Projection::None, 10, 5, 60, 3, 3);
  CatalogueFormat f;
  f.weight = "weight";
  f.mColumn = "m";
  const auto expect = [&](const std::string& name, std::initializer_list<std::string> parts,
                          ExitCode code = ExitCode::BadData) {
    BOOST_TEST_CONTEXT(name) expectError(code, parts, [&] { binned(file(name), f, grid); });
  };
  expect("nan_e1.csv", {"nan_e1.csv", "'e1'", "row 3", "2 of the selected"});
  expect("inf_weight.csv", {"'weight'", "row 9", "inf"});
  expect("negative.csv", {"'weight'", "row 4", "-0.5"});
  expect("dec.csv", {"'dec'", "row 2", "90.5"});
  expect("m.csv", {"'m'", "row 6", "-1"});
  expect("mark.csv", {"'e2'", "row 5", "-9999", "2 of the selected"});  // a mark of a failed fit
  expect("heavy.csv", {"'weight'", "row 1", "1e+200"});
  expect("light.csv", {"'weight'", "row 7", "1e-300"});
  expect("far_ra.csv", {"'ra'", "row 3", "-9999"});
  expect("nan_ra.csv", {"'ra'", "row 0", "2 of"});
  expect("weightless.csv", {"no galaxy is left", "10 rows", "10 of weight 0"});
  expect("none.csv", {"no galaxy is left", "0 rows"});
  expect("missing.csv", {"missing.csv"}, ExitCode::NoInput);
  f.select = {{"e1", 0, 1}};  // NaN is in no range: bad rows can be left out
  BOOST_TEST(binned(file("nan_e1.csv"), f, grid).counts.unselected == 2);
  f.select = {{"dec", 6, 7}};
  expect("good.csv", {"10 not selected"});
  f.select = {{"dec", 7, 6}};
  expect("good.csv", {"'dec'", "7 .. 6"}, ExitCode::BadConfig);
  f.select = {{"mag", 7, 8}};
  expect("good.csv", {"'mag' is not there"});
  f.select = {};
  f.responsivity = 0;
  expect("good.csv", {"responsivity"}, ExitCode::BadConfig);
  f.responsivity = 1;
  expectError(ExitCode::BadData, {"RA 10 .. 10.09", "Dec 5 .. 5", "RA 100, Dec 5", "10 outside"},
              [&] { binned(file("good.csv"), f, SkyGrid(Projection::Gnomonic, 100, 5, 1, 5, 5)); });
  f.weight = "";
  expectError(ExitCode::BadData, {"radians?"}, [&] { binned(file("radians.csv"), f, grid); });
  expectError(ExitCode::BadConfig, {"shape_sd", "-1"}, [&] { binned(file("good.csv"), f, grid, {.shapeSd = -1}); });
  expectError(ExitCode::BadConfig, {"3 x 3", "window"}, [&] {
    bin(*open(file("good.csv"), f), f, grid, paddedImage(grid), {{0, 4, 1}, {1, 6, 3}});
  });
}
