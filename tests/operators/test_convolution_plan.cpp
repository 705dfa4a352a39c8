/// Which engine is taken, what is refused, and decompositions of PSFs.
#include "derivatives.hpp"
#include "expect_error.hpp"
#include "natural.hpp"
#include "operators/convolution.hpp"
#include "operators/psf_models.hpp"
#include "operators/separable_psf.hpp"

using namespace lacuna;

namespace {

/// The same text on all ranks.
bool common(const std::string& text) { return everywhere(broadcast(PETSC_COMM_WORLD, text) == text); }

double worstError(const Psf& psf, const SeparablePsf& terms) {
  double worst = 0;
  for (PetscInt z = 0; z < psf.nz; ++z)
    for (PetscInt y = 0; y < psf.ny; ++y)
      for (PetscInt x = 0; x < psf.nx; ++x) {
        double sum = 0;
        for (const SeparableTerm& t : terms)
          sum += t.z[static_cast<std::size_t>(z)] * t.y[static_cast<std::size_t>(y)] * t.x[static_cast<std::size_t>(x)];
        worst = std::max(worst, std::abs(sum - psf.values[static_cast<std::size_t>((z * psf.ny + y) * psf.nx + x)]));
      }
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_rule_takes_what_suits_the_psf) {
  const Cube image = imageOf(200, 220);
  const auto ruled = [&](const Psf& psf) {
    const auto H = Convolution::make(image, image, {psf}, {Boundary::Zero, Region::Same, "auto", true});
    BOOST_TEST(common(H->choiceText()));
    return H->choiceText();
  };
  BOOST_TEST(ruled(gaussianPsf({0, 2, 2})) == "separable, rank 1 (by rule, without timing)");
  BOOST_TEST(ruled({1, 2, 2, {}, {1, 2, 3, 5}}) == "dense, 4 taps (by rule, without timing)");
  BOOST_TEST(ruled(moffatPsf(3, 2, {1e-3, 41})).starts_with("tiled FFT of "));
}

BOOST_AUTO_TEST_CASE(timings_choose_the_same_engine_on_all_ranks) {
  const Cube image = imageOf(90, 100);
  const auto H = Convolution::make(image, image, {moffatPsf(2, 2.5, {1e-3, 11})}, {Boundary::Reflect});
  const std::string text = H->choiceText();
  BOOST_TEST(common(text.substr(0, text.find_first_of(" ,"))), text);  // tiles are as large as a rank's rows need
  BOOST_TEST(common(text.substr(text.find('('))), text);
  BOOST_TEST(H->choiceText().find("(ms for H and its adjoint: ") != std::string::npos, H->choiceText());
  requireAdjoint(*H);
  const auto fixed = Convolution::make(image, image, H->psfs(), {Boundary::Reflect, Region::Same, "global", true});
  const VecHandle x = image.space().vec(), a = image.space().vec(), b = image.space().vec();
  Rng(1).normal(image.space(), x);
  H->apply(x, a);
  fixed->apply(x, b);
  BOOST_TEST(distance(a, b) < 1e-12);
}

BOOST_AUTO_TEST_CASE(decompositions_are_short_and_exact) {
  const auto rank = [](const Psf& psf) {
    const auto terms = separate(psf, psf.values.size());
    BOOST_REQUIRE(terms.has_value());
    double largest = 0;
    for (double h : psf.values) largest = std::max(largest, std::abs(h));
    BOOST_TEST(worstError(psf, *terms) < 1e-13 * largest);
    return terms->size();
  };
  BOOST_TEST(rank(gaussianPsf({0, 2, 3})) == 1u);
  BOOST_TEST(rank(gaussianPsf({1, 2, 3})) == 1u);
  BOOST_TEST(rank({1, 3, 3, {}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}) == 3u);
  BOOST_TEST(rank({2, 2, 2, {}, {1, 2, 3, 5, 1, 2, 3, 5}}) == 2u);
  BOOST_TEST(rank({1, 1, 4, {}, {1, 2, 3, 4}}) == 1u);
  BOOST_TEST(rank(moffatPsf(3, 2.5, {1e-3, 15})) <= 8u);  // symmetric in y: no more than its 8 different lines
  BOOST_TEST(!separate({1, 3, 3, {}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}, 2).has_value());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Cube image = cubeOf({1, 1, 1, 8, 9}, 1);
  const auto cube = [&](const Shape& shape) { return Cube(image.gridPointer(), shape); };
  const Psf psf{1, 3, 3, {0, 1, 1}, std::vector<double>(9, 1.0)};
  const auto refused = [&](ExitCode code, const std::string& why, const Cube& x, const Cube& y, std::vector<Psf> psfs,
                           const ConvolutionOptions& options) {
    expectError(code, {why}, [&] { Convolution::make(x, y, std::move(psfs), options); });
  };
  const ConvolutionOptions same, valid{Boundary::Zero, Region::Valid, "auto", true};
  const Shape small = validShape(image.shape(), {psf});
  BOOST_TEST((small == Shape{1, 1, 1, 6, 7}));
  BOOST_TEST((imageShapeOfValid(small, {psf}) == image.shape()));
  const Psf beside{1, 2, 2, {0, 1, 0}, std::vector<double>(4, 1.0)};
  BOOST_TEST((imageShapeOfValid(small, {psf, beside}) == image.shape()));
  const Psf corner{1, 3, 3, {0, 0, 2}, std::vector<double>(9, 1.0)};
  BOOST_TEST((imageShapeOfValid(small, {psf, corner}) == Shape{1, 1, 1, 9, 10}));
  const Cube wide = cube({1, 1, 1, 9, 10});
  const auto epochs = Convolution::make(wide, cube({2, 1, 1, 6, 7}), {psf, corner}, valid);
  BOOST_TEST((epochs->offset() == std::array<PetscInt, 3>{0, 2, 1}));
  refused(ExitCode::BadConfig, "expected are 1 x 8 x 9", image, cube(small), {psf}, same);
  refused(ExitCode::BadConfig, "expected are 1 x 6 x 7", image, image, {psf}, valid);
  refused(ExitCode::BadConfig, "one channel", cube({1, 2, 1, 8, 9}), image, {psf}, same);
  refused(ExitCode::BadConfig, "same process grid", image, cubeOf({1, 1, 1, 8, 9}, 1), {psf}, same);
  refused(ExitCode::BadConfig, "2 PSFs for data of 1", image, image, {psf, psf}, same);
  refused(ExitCode::BadConfig, "2 frames does not fit data of 3", cube({2, 1, 1, 8, 9}), cube({3, 1, 1, 8, 9}), {psf},
          same);
  refused(ExitCode::BadConfig, "no engine 'fast'", image, image, {psf}, {Boundary::Zero, Region::Same, "fast", false});
  refused(ExitCode::BadData, "larger than the image", image, image, {{1, 9, 1, {}, std::vector<double>(9, 1.0)}}, same);
  refused(ExitCode::BadData, "every value is NaN", image, image, {{1, 1, 1, {}, {std::nan("")}}}, same);
  expectError(ExitCode::BadData, {"does not fit"}, [&] { validShape({1, 1, 1, 2, 9}, {psf}); });
}
