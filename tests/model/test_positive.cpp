/// Changes of variable: derivatives with the second-order parts, chains, and the log-normal model.
#include <cmath>

#include "expect_error.hpp"
#include "model/affine.hpp"
#include "model/change_of_variable.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/poisson_noise.hpp"
#include "model/positive.hpp"
#include "natural.hpp"
#include "operators/algebra.hpp"
#include "operators/spectral_filter.hpp"
#include "priors/white_prior.hpp"
#include "taylor.hpp"

using namespace lacuna;

namespace {

struct Blur {
  Cube cube = imageOf(6, 8);
  Space space = cube.space();
  std::shared_ptr<Fft> fft = std::make_shared<Fft>(cube, Planning::Estimate);
  OperatorPointer H = std::make_shared<SpectralFilter>(fft, std::vector<Transfer>{gaussianSmoothing(0.8)});
  VecHandle s = space.vec();
  Blur() {
    fillNatural(space, s, [](std::int64_t i) { return 0.5 * std::sin(static_cast<double>(i)); });
  }
  VecHandle constant(double c) const {
    VecHandle v = space.vec();
    check(VecSet(v, c));
    return v;
  }
  std::shared_ptr<const Noise> noise() const {
    VecHandle y = space.vec();
    fillNatural(space, y, [](std::int64_t i) { return static_cast<double>((5 * i) % 7); });
    return std::make_shared<PoissonNoise>(space, y);
  }
  /// exposure H exp(m + S s) + b
  std::shared_ptr<const Model> logNormal() const {
    const auto S = std::make_shared<SpectralFilter>(fft, std::vector<Transfer>{gaussianSmoothing(0.5)});
    const auto x =
        std::make_shared<ModelChain>(std::make_shared<Positive>(space), std::make_shared<Affine>(S, constant(0.3)));
    const auto mean = std::make_shared<Affine>(compose(diagonal(space, constant(2)), H), constant(0.5));
    return std::make_shared<ModelChain>(mean, x);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_log_normal_likelihood_has_these_derivatives) {
  const Blur b;
  const Likelihood E(b.logNormal(), b.noise());
  requireTaylor(E, b.s);
  requireFactor(E, b.s);
  requireAdjoint(*E.at(b.s)->curvature(Curvature::Hessian));
  // ... and this value.
  VecHandle mu = b.space.vec(), x = b.space.vec();
  const auto S = std::make_shared<SpectralFilter>(b.fft, std::vector<Transfer>{gaussianSmoothing(0.5)});
  S->apply(b.s, x);
  check(VecShift(x, 0.3));
  check(VecExp(x));
  b.H->apply(x, mu);
  check(VecScale(mu, 2));
  check(VecShift(mu, 0.5));
  BOOST_TEST(E.at(b.s)->value() == b.noise()->value(mu), boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(an_exponential_of_an_exponential_has_both_second_derivatives) {
  const Blur b;
  const auto positive = std::make_shared<Positive>(b.space);
  const auto once = std::make_shared<ModelChain>(positive, b.H);
  requireTaylor(Likelihood(std::make_shared<ModelChain>(positive, once), b.noise()), b.s);
}

BOOST_AUTO_TEST_CASE(a_term_in_x_becomes_a_term_in_its_logarithm) {
  const Blur b;
  const auto positive = std::make_shared<Positive>(b.space);
  requireTaylor(ChangeOfVariable(std::make_shared<WhitePrior>(b.space), positive), b.s);
  const auto inX = std::make_shared<Likelihood>(std::make_shared<Affine>(b.H, b.constant(0.5)), b.noise());
  const ChangeOfVariable E(inX, positive);
  requireTaylor(E, b.s);
  // The same as the likelihood of the chain, in all it gives.
  const Likelihood other(std::make_shared<ModelChain>(std::make_shared<Affine>(b.H, b.constant(0.5)), positive),
                         b.noise());
  const auto one = E.at(b.s), two = other.at(b.s);
  BOOST_TEST(one->value() == two->value(), boost::test_tools::tolerance(1e-14));
  VecHandle g = like(b.s), h = like(b.s);
  one->gradient(g), two->gradient(h);
  BOOST_TEST(distance(g, h) < 1e-13);
  for (Curvature kind : {Curvature::Hessian, Curvature::Fisher}) {
    one->curvature(kind)->apply(b.s, g);
    two->curvature(kind)->apply(b.s, h);
    BOOST_TEST(distance(g, h) < 1e-13);
  }
  const Space wrong = Space::line(PETSC_COMM_WORLD, 5);
  BOOST_CHECK_THROW(ChangeOfVariable(inX, std::make_shared<Positive>(wrong)), Error);
  BOOST_CHECK_THROW(ModelChain(b.H, std::make_shared<Positive>(wrong)), Error);
}

BOOST_AUTO_TEST_CASE(trial_points_far_away_do_not_overflow) {
  const Blur b;
  const Likelihood E(b.logNormal(), b.noise());
  for (double s : {-1e5, 1e5, 1e300}) {
    const double value = E.at(b.constant(s))->value();
    BOOST_TEST(!std::isnan(value));
    if (s > 0) BOOST_TEST(value > 1e30);
  }
}

BOOST_AUTO_TEST_CASE(weights_pass_through_diagonals_into_the_gram_operator) {
  const Blur b;
  VecHandle d = like(b.s), e = like(b.s), w = like(b.s), w2 = like(b.s), one = like(b.s), two = like(b.s),
            y = like(b.s);
  Rng(8).uniform(b.space, d);
  Rng(9).normal(b.space, e);
  Rng(10).uniform(b.space, w);
  check(VecCopy(w, w2));
  const OperatorPointer A = compose(diagonal(b.space, std::move(e)), compose(diagonal(b.space, std::move(d)), b.H));
  A->apply(b.s, y);
  check(VecPointwiseMult(y, y, w));
  A->applyAdjoint(y, one);
  gram(A, std::move(w2))->apply(b.s, two);
  BOOST_TEST(distance(two, one) < 1e-13);
}
