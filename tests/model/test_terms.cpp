/// Likelihoods, of linear models and others, and sums of terms: derivatives, and what linearise() is used for.
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "nonlinear.hpp"
#include "operators/lensing.hpp"
#include "priors/white_prior.hpp"
#include "taylor.hpp"

using namespace lacuna;

namespace {

/// A smoothing, so that entries and ranks are coupled; with data, variances and a mask keyed by natural index.
struct Setup {
  Cube cube;
  OperatorPointer A;
  VecHandle y, v, x;
  Setup(PetscInt ny, PetscInt nx)
      : cube(imageOf(ny, nx)),
        A(std::make_shared<SpectralFilter>(std::make_shared<Fft>(cube, Planning::Estimate),
                                           std::vector<Transfer>{gaussianSmoothing(0.8)})),
        y(cube.space().vec()),
        v(cube.space().vec()),
        x(cube.space().vec()) {
    fillNatural(cube.space(), y,
                [](std::int64_t i) { return i % 6 == 1 ? std::nan("") : 2 + std::sin(static_cast<double>(i)); });
    fillNatural(cube.space(), v,
                [](std::int64_t i) { return i % 6 == 1 ? INFINITY : 0.5 + 0.2 * static_cast<double>(i % 3); });
    Rng(31).normal(cube.space(), x);
  }
  std::shared_ptr<const Noise> noise() const { return std::make_shared<GaussianNoise>(cube.space(), y, v); }
};
const std::vector<std::pair<PetscInt, PetscInt>> sizes = {{6, 8}, {7, 5}, {1, 16}, {2, 9}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_likelihood_of_a_linear_model_is_a_quadratic_with_a_factor) {
  for (const auto& [ny, nx] : sizes) {
    const Setup s(ny, nx);
    const Likelihood E(s.A, s.noise());
    requireTaylor(E, s.x);
    requireFactor(E, s.x);
    requireAdjoint(*E.at(s.x)->curvature(Curvature::Fisher));
    // value: 1/2 sum (A x - y)^2 / v
    VecHandle mu = like(s.x);
    s.A->apply(s.x, mu);
    const std::vector<double> m = inNaturalOrder(s.cube.space(), mu), y = inNaturalOrder(s.cube.space(), s.y),
                              v = inNaturalOrder(s.cube.space(), s.v);
    double expected = 0;
    for (std::size_t i = 0; i < m.size(); ++i)
      if (std::isfinite(v[i])) expected += 0.5 * (m[i] - y[i]) * (m[i] - y[i]) / v[i];
    BOOST_TEST(E.at(s.x)->value() == expected, boost::test_tools::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(a_nonlinear_model_is_linearised_at_the_point) {
  for (const auto& [ny, nx] : sizes) {
    const Setup s(ny, nx);
    const auto model = std::make_shared<Exponential>(s.A);
    const Likelihood E(model, s.noise());
    requireTaylor(E, s.x, 1e-3, 2);  // the gradient is right; the curvature is that of Fisher
    requireFactor(E, s.x);
    // d.(H - F) d = sum w r e (A d)^2 is what is missing: with it the order is 3.
    const Space& space = s.cube.space();
    VecHandle d = like(s.x), Fd = like(s.x), g = like(s.x), Ax = like(s.x), Ad = like(s.x);
    Rng(2).normal(space, d);
    const auto here = E.at(s.x);
    here->gradient(g);
    here->curvature(Curvature::Fisher)->apply(d, Fd);
    s.A->apply(s.x, Ax);
    s.A->apply(d, Ad);
    double dHd = dot(d, Fd), dFd = 0;
    const std::vector<double> ax = inNaturalOrder(space, Ax), ad = inNaturalOrder(space, Ad),
                              y = inNaturalOrder(space, s.y), v = inNaturalOrder(space, s.v);
    for (std::size_t i = 0; i < ax.size(); ++i)
      if (std::isfinite(v[i])) {
        const double e = std::exp(ax[i]);
        dHd += (e - y[i]) * e * ad[i] * ad[i] / v[i];
        dFd += e * e * ad[i] * ad[i] / v[i];
      }
    BOOST_TEST(dot(d, Fd) == dFd, boost::test_tools::tolerance(1e-12));
    VecHandle xh = like(s.x);
    double rest[2];
    for (int k = 0; k < 2; ++k) {
      const double h = 2e-3 / (1 << k);
      check(VecWAXPY(xh, h, d, s.x));
      rest[k] = std::abs(E.at(xh)->value() - here->value() - h * dot(g, d) - 0.5 * h * h * dHd);
    }
    BOOST_TEST(std::abs(std::log2(rest[0] / rest[1]) - 3) < 0.2);
  }
}

BOOST_AUTO_TEST_CASE(where_the_data_are_fitted_the_fisher_curvature_is_the_hessian) {
  for (const auto& [ny, nx] : sizes) {
    Setup s(ny, nx);
    const auto model = std::make_shared<Exponential>(s.A);
    model->apply(s.x, s.y);
    const auto data = std::make_shared<Likelihood>(model, s.noise());
    VecHandle g = like(s.x);
    data->at(s.x)->gradient(g);
    BOOST_TEST(norm(g) < 1e-13);
    BOOST_TEST(data->at(s.x)->value() == 0);
    requireTaylor(SumOfTerms({data, std::make_shared<WhitePrior>(s.cube.space())}), s.x, 1e-2, 3);
  }
}

BOOST_AUTO_TEST_CASE(a_point_is_kept_by_what_was_made_there) {
  const Setup s(6, 8);
  const Likelihood E(std::make_shared<Exponential>(s.A), s.noise());
  VecHandle x = like(s.x), d = like(s.x), before = like(s.x), after = like(s.x);
  check(VecCopy(s.x, x));
  Rng(7).normal(s.cube.space(), d);
  OperatorPointer M;
  {
    const auto here = E.at(x);
    M = here->curvature(Curvature::Fisher);
    const double value = here->value();
    M->apply(d, before);
    check(VecSet(x, 0));
    BOOST_TEST(here->value() == value);
  }
  M->apply(d, after);  // outlives the point too
  BOOST_TEST(distance(after, before) == 0);
}

BOOST_AUTO_TEST_CASE(a_sum_of_terms_adds_values_gradients_and_curvatures) {
  for (const auto& [ny, nx] : sizes) {
    const Setup s(ny, nx);
    const Space& space = s.cube.space();
    const auto a = std::make_shared<Likelihood>(std::make_shared<Exponential>(s.A), s.noise());
    const auto b = std::make_shared<Likelihood>(s.A, s.noise());
    const auto c = std::make_shared<WhitePrior>(space);
    const SumOfTerms E({a, b, c});
    VecHandle sum = like(s.x), part = like(s.x), all = like(s.x), d = like(s.x);
    Rng(8).normal(space, d);
    double value = 0;
    VecHandle curved = like(s.x), allCurved = like(s.x);
    for (const Term* term : std::initializer_list<const Term*>{a.get(), b.get(), c.get()}) {
      const auto here = term->at(s.x);
      value += here->value();
      here->gradient(part);
      check(VecAXPY(sum, 1, part));
      here->curvature(Curvature::Fisher)->apply(d, part);
      check(VecAXPY(curved, 1, part));
    }
    const auto here = E.at(s.x);
    here->gradient(all);
    here->curvature(Curvature::Fisher)->apply(d, allCurved);
    BOOST_TEST(here->value() == value, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(distance(all, sum) < 1e-14);
    BOOST_TEST(distance(allCurved, curved) < 1e-14);
    requireTaylor(E, s.x, 1e-3, 2);
    requireTaylor(SumOfTerms({b, c}), s.x);
    requireTaylor(SumOfTerms({b}), s.x);
  }
}

BOOST_AUTO_TEST_CASE(misfits_are_refused) {
  const Setup s(6, 8), other(7, 5);
  BOOST_CHECK_THROW(Likelihood(s.A, other.noise()), Error);
  BOOST_CHECK_THROW(SumOfTerms({}), Error);
  BOOST_CHECK_THROW(
      SumOfTerms({std::make_shared<WhitePrior>(s.cube.space()), std::make_shared<WhitePrior>(other.cube.space())}),
      Error);
  const WhitePrior prior(s.cube.space());
  BOOST_CHECK_THROW(prior.at(other.x), Error);
  BOOST_CHECK_THROW(prior.factoredAt(other.x), Error);
}
