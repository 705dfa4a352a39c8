/// Posterior draws: their covariance against the inverse of the dense precision, with a prior and without.
#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "model/gaussian_noise.hpp"
#include "samplers/perturb_and_solve.hpp"

using namespace lacuna;

namespace {

constexpr int unknowns = 5, data = 8;
double entry(int i, int j) { return std::cos(1.3 * i * (j + 1)) + (i == j ? 1 : 0); }
double weight(int i) { return i == 3 ? 0 : 0.4 + 0.3 * i; }

struct Setup {
  Space x = Space::line(PETSC_COMM_WORLD, unknowns), y = Space::line(PETSC_COMM_WORLD, data);
  std::shared_ptr<const Likelihood> likelihood;
  Setup() {
    VecHandle datum = y.vec(), variance = y.vec();
    fillNatural(y, datum, [](std::int64_t i) { return i == 3 ? std::nan("") : static_cast<double>(i); });
    fillNatural(y, variance, [](std::int64_t i) { return 1 / weight(static_cast<int>(i)); });
    likelihood = std::make_shared<Likelihood>(std::make_shared<DenseOperator>(x, y, denseOf(data, unknowns, entry)),
                                              std::make_shared<GaussianNoise>(y, datum, variance));
  }
  static DenseMatrix covariance(bool prior) {
    return inverse(denseOf(unknowns, unknowns, [&](int a, int b) {
      double sum = prior && a == b ? 1 : 0;
      for (int i = 0; i < data; ++i) sum += weight(i) * entry(i, a) * entry(i, b);
      return sum;
    }));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_covariance_of_draws_is_the_inverse_of_the_precision) {
  const Setup s;
  const int draws = 4000;
  for (bool prior : {true, false}) {
    const WienerFilter filter(s.likelihood, prior, nullptr, {.rtol = 1e-10, .iterations = 100, .prefix = {}});
    const PerturbAndSolve sampler(filter, Rng(77));
    const DenseMatrix expected = Setup::covariance(prior);
    DenseMatrix found = denseOf(unknowns, unknowns, [](int, int) { return 0.0; });
    std::vector<double> mean(unknowns, 0.0);
    VecHandle z = s.x.vec();
    for (std::uint32_t k = 0; k < draws; ++k) {
      sampler.draw(k, z);
      const std::vector<double> v = inNaturalOrder(s.x, z);
      for (std::size_t i = 0; i < v.size(); ++i) {
        mean[i] += v[i] / draws;
        for (std::size_t j = 0; j < v.size(); ++j) found[i][j] += v[i] * v[j] / draws;
      }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      BOOST_TEST(std::abs(mean[i]) < 4 * std::sqrt(expected[i][i] / draws));
      for (std::size_t j = 0; j <= i; ++j) {
        const double sd = std::sqrt((expected[i][i] * expected[j][j] + expected[i][j] * expected[i][j]) / draws);
        BOOST_TEST(std::abs(found[i][j] - expected[i][j]) < 4 * sd, "prior " << prior << ", entry " << i << ", " << j);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(draws_differ_by_index_and_seed_and_repeat) {
  const Setup s;
  const WienerFilter filter(s.likelihood, true, nullptr, {.rtol = 1e-10, .iterations = 100, .prefix = {}});
  const PerturbAndSolve sampler(filter, Rng(1)), other(filter, Rng(2));
  VecHandle a = s.x.vec(), b = s.x.vec();
  sampler.draw(3, a);
  sampler.draw(4, b);
  BOOST_TEST(distance(a, b) > 1e-3);
  sampler.draw(3, b);
  BOOST_TEST(distance(a, b) == 0);
  other.draw(3, b);
  BOOST_TEST(distance(a, b) > 1e-3);
}

BOOST_AUTO_TEST_CASE(at_the_limit_of_iterations_the_draw_is_approximate) {
  const Setup s;
  VecHandle exact = s.x.vec(), z = s.x.vec();
  const WienerFilter full(s.likelihood, true, nullptr, {.rtol = 1e-12, .iterations = 1000, .prefix = {}});
  const WienerFilter limited(s.likelihood, true, nullptr, {.rtol = 1e-14, .iterations = 1, .prefix = {}});
  PerturbAndSolve(full, Rng(1)).draw(6, exact);
  PerturbAndSolve(limited, Rng(1)).draw(6, z);
  BOOST_TEST(distance(z, exact) > 1e-10);
  BOOST_TEST(distance(z, exact) < 1);
}
