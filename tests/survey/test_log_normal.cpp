// Log-normal convergence: mean, bound, skewness and spectrum of many realisations; the identity of the two-point
// function.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>
#include <numbers>

#include "base/rng.hpp"
#include "operators/spectral_synthesis.hpp"
#include "survey/log_normal.hpp"

using namespace lacuna;

namespace {

constexpr double shift = 0.03;

/// Pixel power of an exponential-like field of standard deviation about 0.02 and correlation length 6 pixels.
double power(const Mode& m) {
  if (m.zero()) return 0;
  const double kk = (m.fx * m.fx + m.fy * m.fy) * 4 * std::numbers::pi * std::numbers::pi, L = 6;
  return 0.02 * 0.02 * 2 * std::numbers::pi * L * L * std::pow(1 + kk * L * L, -1.5);
}

}  // namespace

BOOST_AUTO_TEST_CASE(realisations_have_the_spectrum_the_mean_and_the_skewness) {
  const Cube cube(std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1), {1, 1, 1, 96, 75});
  const auto fft = std::make_shared<Fft>(cube, Planning::Estimate);
  const LogNormal model(*fft, power, shift);
  BOOST_TEST(model.clipped() < 0.02);
  const auto& gaussian = model.gaussianPower();
  const SpectralSynthesis draw(fft,
                               {[&](const Mode& m) { return std::sqrt(gaussian[static_cast<std::size_t>(m.local)]); }});
  const Modes& modes = fft->modes();
  const std::vector<double> share = modes.share();
  constexpr int bands = 8, realisations = 200;
  const double N = 96 * 75, pixels = N;
  double expected[bands] = {}, sum[bands] = {}, square[bands] = {}, moments[3] = {}, least = 1;
  double mean2 = 0;
  const auto band = [](const Mode& m) { return std::min(bands - 1, static_cast<int>(std::hypot(m.fx, m.fy) * 20)); };
  modes.forEach([&](const Mode& m) { expected[band(m)] += 2 * share[static_cast<std::size_t>(m.local)] * power(m); });
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, expected, bands, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  double xiZero = 0;
  for (double e : expected) xiZero += e / N;

  const VecHandle white = modes.space().vec(), field = cube.space().vec();
  Rng rng(42, 7);
  for (int r = 0; r < realisations; ++r) {
    rng.normal(modes.space(), white);
    draw.apply(white, field);
    model.transform(field);
    double got[bands] = {}, total = 0, low = 0;
    check(VecSum(field, &total));
    check(VecMin(field, nullptr, &low));
    least = std::min(least, low);
    const ReadLocal in(field);
    fft->forward(
        1,
        [&](PetscInt, PetscInt first, PetscInt count, double* rows) {
          std::copy_n(in.data() + first * 75, count * 75, rows);
        },
        [&](PetscInt, PetscInt first, PetscInt count, Fft::Complex* lines) {
          modes.forEach([&](const Mode& m) {
            const PetscInt i = m.local - first * modes.lineLength();
            if (i >= 0 && i < count * modes.lineLength() && !m.zero())
              got[band(m)] += 2 * share[static_cast<std::size_t>(m.local)] * std::norm(lines[i]) / N;
          });
        });
    checkMpi(MPI_Allreduce(MPI_IN_PLACE, got, bands, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
    for (int b = 0; b < bands; ++b) sum[b] += got[b], square[b] += got[b] * got[b];
    moments[0] += total / pixels;
    mean2 += total / pixels * total / pixels;
    double local[2] = {}, all[2] = {};
    for (PetscInt i = 0; i < in.size(); ++i) local[0] += in[i] * in[i], local[1] += in[i] * in[i] * in[i];
    checkMpi(MPI_Allreduce(local, all, 2, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
    moments[1] += all[0] / pixels;
    moments[2] += all[1] / pixels;
  }
  BOOST_TEST(least > -shift);
  const double meanField = moments[0] / realisations, seMean = std::sqrt(mean2 / realisations / realisations);
  BOOST_TEST(std::abs(meanField) < 5 * seMean);
  for (int b = 0; b < bands; ++b) {
    const double m = sum[b] / realisations, se = std::sqrt((square[b] / realisations - m * m) / realisations);
    BOOST_TEST_CONTEXT("band " << b << ": " << m << " +- " << se << ", expected " << expected[b]) {
      BOOST_TEST(std::abs(m - expected[b]) < 5 * se + 0.01 * expected[b]);  // 1 %: the clipped modes
      BOOST_TEST(se < 0.05 * m);
    }
  }
  // One-point law: variance xi(0) and skewness (e^v + 2) sqrt(e^v - 1).
  const double v = model.variance(), variance = moments[1] / realisations;
  BOOST_TEST(variance == shift * shift * std::expm1(v), boost::test_tools::tolerance(0.02));
  BOOST_TEST(variance == xiZero, boost::test_tools::tolerance(0.03));
  BOOST_TEST(moments[2] / realisations / std::pow(variance, 1.5) == (std::exp(v) + 2) * std::sqrt(std::expm1(v)),
             boost::test_tools::tolerance(0.1));
}

BOOST_AUTO_TEST_CASE(a_weak_field_is_gaussian_and_a_shift_that_is_too_small_is_refused) {
  const Cube cube(std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1), {1, 1, 1, 20, 31});
  const Fft fft(cube, Planning::Estimate);
  const LogNormal weak(fft, power, 100);  // ln(1 + x) = x
  fft.modes().forEach([&](const Mode& m) {
    if (!m.zero())
      BOOST_TEST(weak.gaussianPower()[static_cast<std::size_t>(m.local)] * 1e4 == power(m),
                 boost::test_tools::tolerance(1e-4));
  });
  // One wave alone has xi = -P at half its length.
  const auto wave = [](const Mode& m) { return m.fx == 0 && std::abs(m.fy * 20) == 1 ? 1.0 : 0.0; };
  BOOST_CHECK_EXCEPTION(LogNormal(fft, wave, 0.01), Error,
                        [](const Error& e) { return e.code() == ExitCode::BadConfig; });
}
