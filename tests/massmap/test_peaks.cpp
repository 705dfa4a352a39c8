/// Peaks against a plain search over the whole map.
#include "derivatives.hpp"
#include "massmap/peaks.hpp"
#include "small_field.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(peaks_equal_a_serial_search_on_any_ranks) {
  for (const auto& [ny, nx] : {std::pair<PetscInt, PetscInt>{20, 17}, {5, 30}, {1, 12}, {12, 1}}) {
    const ShearField field = smallField(ny, nx);
    const auto value = [](std::int64_t i) { return Rng(31).normalPair(i).first; };
    VecHandle snr = field.image.space().vec();
    Rng(31).at(0).normal(field.image.space(), snr);
    const std::vector<Peak> peaks = findPeaks(field, snr, snr, 0.3);
    std::size_t expected = 0;
    for (PetscInt y = 0; y < ny; ++y)
      for (PetscInt x = 0; x < nx; ++x) {
        const double here = value(static_cast<std::int64_t>(y) * nx + x);
        bool highest = here >= 0.3 && !smallMasked(static_cast<std::int64_t>(y) * nx + x, nx);
        for (PetscInt v = std::max<PetscInt>(y - 1, 0); v <= std::min(y + 1, ny - 1); ++v)
          for (PetscInt u = std::max<PetscInt>(x - 1, 0); u <= std::min(x + 1, nx - 1); ++u)
            highest = highest && here >= value(static_cast<std::int64_t>(v) * nx + u);
        expected += highest;
      }
    BOOST_TEST(peaks.size() == expected);
    for (std::size_t i = 0; i < peaks.size(); ++i) {
      BOOST_TEST(peaks[i].snr ==
                 value(static_cast<std::int64_t>(peaks[i].y) * nx + static_cast<std::int64_t>(peaks[i].x)));
      if (i > 0) BOOST_TEST(peaks[i].snr <= peaks[i - 1].snr);
      const SkyGrid::Point back = field.sky.pixelOf(peaks[i].ra, peaks[i].dec);
      BOOST_TEST(std::abs(back.x - peaks[i].x) + std::abs(back.y - peaks[i].y) < 1e-9);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_plateau_gives_one_peak) {
  const ShearField field = smallField(9, 9);
  VecHandle snr = field.image.space().vec();
  check(VecSet(field.mask, 1));
  check(VecSet(snr, 5));
  BOOST_TEST(findPeaks(field, snr, snr, 3).size() == 1u);
  BOOST_TEST(findPeaks(field, snr, snr, 6).empty());
}
