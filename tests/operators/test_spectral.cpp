/// Spectral operators: adjoints, norms, filters against analytic fields, lensing against its properties.
#include <numbers>

#include "derivatives.hpp"
#include "operators/algebra.hpp"
#include "operators/lensing.hpp"
#include "operators/spectral_synthesis.hpp"

using namespace lacuna;

namespace {

const std::vector<Shape> images = {{1, 1, 1, 8, 6},   {1, 1, 1, 7, 5}, {1, 1, 1, 6, 7},  {1, 1, 1, 5, 8},
                                   {1, 1, 1, 1, 9},   {1, 1, 1, 1, 8}, {1, 1, 1, 2, 3},  {1, 1, 1, 9, 1},
                                   {1, 1, 1, 13, 11}, {3, 1, 1, 4, 6}, {1, 1, 1, 31, 64}};
const std::vector<Shape> volumes = {
    {1, 1, 4, 3, 6}, {1, 1, 5, 4, 3}, {2, 1, 3, 7, 5}, {1, 1, 2, 2, 2}, {1, 1, 6, 1, 5}};

std::shared_ptr<const Fft> fftOf(const Shape& s) { return std::make_shared<Fft>(cubeOf(s), Planning::Estimate); }
double bump(const Mode& k) { return std::exp(-3 * (k.fx * k.fx + 2 * k.fy * k.fy + 3 * k.fz * k.fz)); }
double one(const Mode&) { return 1; }

template <class F>
VecHandle field(const Cube& cube, F&& f) {
  VecHandle x = cube.space().vec();
  const WriteLocal w(x);
  const Shape& s = cube.shape();
  for (const NaturalRun& run : cube.space().naturalRuns())
    for (PetscInt i = 0; i < run.count; ++i) {
      const std::int64_t n = run.natural + i;
      w[run.local + i] = f(static_cast<double>(n % s.nx), static_cast<double>(n / s.nx % s.ny));
    }
  return x;
}

/// gamma -> (gamma2, -gamma1): what turns E modes into B modes.
VecHandle rotated(Vec gamma) {
  VecHandle r = like(gamma);
  const ReadLocal g(gamma);
  const WriteLocal w(r);
  const PetscInt n = g.size() / 2;
  for (PetscInt i = 0; i < n; ++i) w[i] = g[n + i], w[n + i] = -g[i];
  return r;
}

}  // namespace

BOOST_AUTO_TEST_CASE(adjoints) {
  for (const auto& list : {images, volumes})
    for (const Shape& s : list) {
      const auto fft = fftOf(s);
      BOOST_TEST_CONTEXT(s.text()) {
        requireAdjoint(SpectralFilter(fft, {bump}));
        requireAdjoint(SpectralFilter(fft, {bump, one}));
        requireAdjoint(SpectralSynthesis(fft, {bump}));
        requireAdjoint(SpectralSynthesis(fft, {bump, one, bump}));
        if (s.nz == 1) {
          requireAdjoint(*lensing(fft));
          requireAdjoint(*kaiserSquires(fft, 1.5));
          requireAdjoint(SpectralSynthesis(fft, {lensingD1, lensingD2}));
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(synthesis_with_unit_transfer_is_an_isometry_onto_the_pixels) {
  for (const auto& list : {images, volumes})
    for (const Shape& s : list) {
      const auto fft = fftOf(s);
      const SpectralSynthesis S(fft, {one});
      VecHandle f = S.range().vec(), back = like(f), xi = S.domain().vec(), d = S.gramDiagonal();
      Rng(4).normal(S.range(), f);
      S.applyAdjoint(f, xi);
      BOOST_TEST(std::abs(norm(xi) / norm(f) - 1) < 1e-13, s.text());
      S.apply(xi, back);
      BOOST_TEST(distance(back, f) < 1e-13, s.text());
      PetscScalar live = 0;
      check(VecSum(d, &live));
      BOOST_TEST(std::abs(live - static_cast<double>(s.size())) < 1e-9, s.text());
    }
}

BOOST_AUTO_TEST_CASE(a_plane_wave_is_multiplied_by_its_transfer) {
  const Shape s{1, 1, 1, 12, 10};
  const auto fft = fftOf(s);
  const SpectralFilter F(fft, {bump});
  const double fx = 3.0 / 10, fy = -5.0 / 12;
  const VecHandle x =
      field(fft->cube(), [&](double i, double j) { return std::cos(2 * std::numbers::pi * (fx * i + fy * j) + 0.3); });
  VecHandle y = like(x), expected = like(x);
  F.apply(x, y);
  check(VecAXPBY(expected, std::exp(-3 * (fx * fx + 2 * fy * fy)), 0, x));
  BOOST_TEST(distance(y, expected) < 1e-13);
}

/// A plane wave along +x has gamma1 = kappa, gamma2 = 0; along the diagonal gamma2 = kappa; along y gamma1 = -kappa.
BOOST_AUTO_TEST_CASE(shear_of_plane_waves_has_the_signs_of_the_convention) {
  const auto fft = fftOf({1, 1, 1, 16, 16});
  const auto L = lensing(fft);
  struct Case {
    double kx, ky, d1, d2;
  };
  for (const Case& c :
       {Case{2, 0, 1, 0}, Case{0, 3, -1, 0}, Case{2, 2, 0, 1}, Case{2, -2, 0, -1}, Case{2, 1, 0.6, 0.8}}) {
    const VecHandle kappa = field(fft->cube(), [&](double i, double j) {
      return std::cos(2 * std::numbers::pi * (c.kx * i + c.ky * j) / 16 + 0.7);
    });
    VecHandle gamma = L->range().vec();
    L->apply(kappa, gamma);
    const ReadLocal k(kappa), g(gamma);
    double worst = 0;
    for (PetscInt i = 0; i < k.size(); ++i)
      worst = std::max({worst, std::abs(g[i] - c.d1 * k[i]), std::abs(g[k.size() + i] - c.d2 * k[i])});
    BOOST_TEST(worst < 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(kaiser_squires_inverts_lensing_and_pure_e_has_no_b) {
  for (const Shape& s : images) {
    if (s.frames > 1 || s.size() < 2) continue;
    const auto fft = fftOf(s);
    const auto L = lensing(fft), K = kaiserSquires(fft);
    VecHandle kappa = L->domain().vec(), gamma = L->range().vec(), e = like(kappa), b = like(kappa);
    Rng(6).normal(L->domain(), kappa);
    PetscScalar total = 0;
    check(VecSum(kappa, &total));
    check(VecShift(kappa, -total / static_cast<double>(s.size())));  // the mass sheet is lost
    L->apply(kappa, gamma);
    K->applyAdjoint(gamma, e);
    K->applyAdjoint(rotated(gamma), b);
    BOOST_TEST(distance(e, kappa) < 1e-12, s.text());
    BOOST_TEST(norm(b) < 1e-12 * norm(kappa), s.text());
  }
}

BOOST_AUTO_TEST_CASE(lensing_composed_with_synthesis_equals_the_fused_operator) {
  for (const Shape& s : images) {
    if (s.frames > 1) continue;
    const auto fft = fftOf(s);
    auto amplitude = [](const Mode& k) { return 1 / (0.1 + k.fx * k.fx + k.fy * k.fy); };
    auto times = [&](double (*D)(const Mode&)) { return [=](const Mode& k) { return amplitude(k) * D(k); }; };
    const auto fused =
        std::make_shared<SpectralSynthesis>(fft, std::vector<Transfer>{times(lensingD1), times(lensingD2)});
    const auto parts =
        compose(lensing(fft), std::make_shared<SpectralSynthesis>(fft, std::vector<Transfer>{amplitude}));
    VecHandle xi = fused->domain().vec(), a = fused->range().vec(), b = like(a);
    Rng(8).normal(fused->domain(), xi);
    fused->apply(xi, a);
    parts->apply(xi, b);
    if (norm(b) > 0) BOOST_TEST(distance(a, b) < 1e-13, s.text());
  }
}

BOOST_AUTO_TEST_CASE(a_transfer_that_is_not_finite_is_refused) {
  const auto fft = fftOf({1, 1, 1, 8, 6});
  BOOST_CHECK_THROW(SpectralFilter(fft, {[](const Mode& k) { return 1 / k.fx; }}), Error);
  BOOST_CHECK_THROW(SpectralSynthesis(fft, {[](const Mode& k) { return 1 / k.fy; }}), Error);
}
