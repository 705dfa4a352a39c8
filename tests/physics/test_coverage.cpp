/// Calibration: where truth is drawn from the prior and data from the noise, error bars must cover the truth as often
/// as they say (Dawid 1982). Truth, noise and samples come from streams of their own.
#include "derivatives.hpp"
#include "massmap/posterior_std.hpp"
#include "massmap/small_field.hpp"
#include "model/gaussian_noise.hpp"
#include "natural.hpp"

using namespace lacuna;

namespace {

struct Score {
  double within1 = 0, within196 = 0, square = 0, count = 0;
  void add(double z) {
    within1 += std::abs(z) < 1;
    within196 += std::abs(z) < 1.96;
    square += z * z;
    ++count;
  }
};

/// A field of `n` x `n` with holes; kappa ~ prior, gamma = L kappa + noise. z = (truth - estimate) / sd over all
/// pixels.
void score(PetscInt n, int seeds, const PosteriorOptions& options, Score& masked, Score& seen) {
  ShearField field = smallField(n, n);
  const Space& pixels = field.image.space();
  fillNatural(pixels, field.variance, [n](std::int64_t i) {
    const std::int64_t x = i % n, y = i / n;
    const bool hole = (x - n / 3) * (x - n / 3) + (y - n / 2) * (y - n / 2) < n * n / 40 || x > n - 3;
    return hole ? INFINITY : 4.0 + 0.5 * static_cast<double>(i % 5);
  });
  const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
  const GaussianField prior(fft, smallSpectrum, smallPixel);
  const auto L = lensing(fft);
  VecHandle truth = pixels.vec(), std;
  const std::vector<double> variance = inNaturalOrder(pixels, field.variance);
  for (int seed = 0; seed < seeds; ++seed) {
    Rng sky(static_cast<std::uint64_t>(seed + 1), 900), shapes(static_cast<std::uint64_t>(seed + 1), 901);
    prior.sample(sky, truth);
    VecHandle mean = field.shear.space().vec();
    L->apply(truth, mean);
    const VecHandle both = bothComponents(field, field.variance), none = field.shear.space().vec();
    GaussianNoise(field.shear.space(), none, both).sample(shapes, mean, field.gamma);
    const MassMapper mapper(field, fft, &prior,
                            {MassMethod::Wiener, 0, {.rtol = 1e-8, .iterations = 500, .prefix = {}}});
    const MassMap map = mapper.estimate(field.gamma);
    BOOST_TEST(map.result.converged);
    if (!std) std = posteriorStd(mapper, *map.filter, field, options);  // does not depend on the data
    const std::vector<double> t = inNaturalOrder(pixels, truth), k = inNaturalOrder(pixels, map.kappa),
                              s = inNaturalOrder(pixels, std);
    for (std::size_t i = 0; i < t.size(); ++i) (std::isinf(variance[i]) ? masked : seen).add((t[i] - k[i]) / s[i]);
  }
}
void requireCalibrated(const Score& s, const char* what) {
  BOOST_TEST_MESSAGE(what << ": " << s.within1 / s.count << ' ' << s.within196 / s.count << ' '
                          << std::sqrt(s.square / s.count) << " of " << s.count);
  BOOST_TEST(std::abs(s.within1 / s.count - 0.683) < 0.035, what << ": " << s.within1 / s.count << " within 1 sd");
  BOOST_TEST(std::abs(s.within196 / s.count - 0.95) < 0.02, what << ": " << s.within196 / s.count << " within 1.96 sd");
  BOOST_TEST(std::abs(std::sqrt(s.square / s.count) - 1) < 0.05, what << ": sd of z " << std::sqrt(s.square / s.count));
}

}  // namespace

BOOST_AUTO_TEST_CASE(exact_error_bars_cover_the_truth) {
  Score masked, seen;
  score(20, 40, {true, 0, 1, 1e-8}, masked, seen);
  requireCalibrated(seen, "exact sd, data");
  requireCalibrated(masked, "exact sd, holes");
}

BOOST_AUTO_TEST_CASE(sampled_error_bars_cover_the_truth) {
  Score masked, seen;
  score(40, 12, {false, 150, 1, 1e-5}, masked, seen);
  requireCalibrated(seen, "sampled sd, data");
  requireCalibrated(masked, "sampled sd, holes");
}
