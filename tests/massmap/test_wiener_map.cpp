/// The Wiener map and its error bars against a dense Cholesky solve of the same posterior.
#include "derivatives.hpp"
#include "massmap/posterior_std.hpp"
#include "model/gaussian_noise.hpp"
#include "samplers/moments.hpp"
#include "samplers/perturb_and_solve.hpp"
#include "small_field.hpp"

using namespace lacuna;

namespace {
struct Setup {
  ShearField field;
  std::shared_ptr<const Fft> fft;
  GaussianField prior;
  MassMapper mapper;
  Setup(PetscInt ny, PetscInt nx, double rtol)
      : field(smallField(ny, nx)),
        fft(std::make_shared<Fft>(field.image, Planning::Estimate)),
        prior(fft, smallSpectrum, smallPixel),
        mapper(field, fft, &prior, {MassMethod::Wiener, 0, {.rtol = rtol, .iterations = 1000, .prefix = {}}}) {}
};
const std::vector<std::pair<PetscInt, PetscInt>> sizes = {{8, 6}, {7, 9}, {1, 16}, {3, 5}, {2, 13}};
}  // namespace

BOOST_AUTO_TEST_CASE(mean_and_exact_sd_equal_the_dense_solve) {
  for (const auto& [ny, nx] : sizes) {
    Setup s(ny, nx, 1e-13);
    const dense::Posterior truth = dense::solve(smallDense(ny, nx));
    const MassMap map = s.mapper.estimate(s.field.gamma);
    BOOST_TEST(map.result.converged);
    BOOST_TEST(worstAgainst(s.field.image.space(), map.kappa, truth.mean) < 1e-9, ny << " x " << nx);
    const VecHandle std = exactStd(s.mapper, *map.filter, s.field);
    BOOST_TEST(worstAgainst(s.field.image.space(), std, truth.std) < 1e-6, ny << " x " << nx);
  }
}

BOOST_AUTO_TEST_CASE(sampled_sd_is_within_four_of_its_own_standard_errors) {
  const PetscInt ny = 8, nx = 6;
  Setup s(ny, nx, 1e-10);
  const dense::Posterior truth = dense::solve(smallDense(ny, nx));
  const MassMap map = s.mapper.estimate(s.field.gamma);
  const int n = 400;
  const VecHandle std = sampledStd(s.mapper, *map.filter, {false, n, 5, 1e-10});
  const ReadLocal v(std);
  for (const NaturalRun& run : s.field.image.space().naturalRuns())
    for (PetscInt k = 0; k < run.count; ++k) {
      const double exact = truth.std[static_cast<std::size_t>(run.natural + k)];
      BOOST_TEST(std::abs(v[run.local + k] - exact) < 4 * exact / std::sqrt(2.0 * n));
    }
}

BOOST_AUTO_TEST_CASE(energies_are_those_of_the_formula_and_the_start_is_told) {
  Setup s(8, 6, 1e-12);
  struct Last : Observer {
    Progress last;
    int calls = 0;
    void iteration(const Progress& p) override { last = p, ++calls; }
  } watch;
  const MassMap map = s.mapper.estimate(s.field.gamma, &watch);
  // 1/2 chi2 from the residual in pixel space
  VecHandle predicted = like(s.field.gamma);
  s.mapper.predict(map.kappa, predicted);
  double mine = 0, data = 0;
  {
    const ReadLocal p(predicted), g(s.field.gamma), v(s.field.variance);
    for (PetscInt i = 0; i < p.size(); ++i) mine += 0.5 * (g[i] - p[i]) * (g[i] - p[i]) / v[i % v.size()];
  }
  checkMpi(MPI_Allreduce(&mine, &data, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  BOOST_TEST(std::abs(map.result.dataEnergy / data - 1) < 1e-10);
  BOOST_TEST(map.result.energy == map.result.dataEnergy + map.result.priorEnergy, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(watch.last.energy == map.result.energy);
  BOOST_TEST(watch.calls == map.result.iterations + 1);
  const MassMap silent = s.mapper.estimate(s.field.gamma);
  BOOST_TEST(std::abs(silent.result.energy / map.result.energy - 1) < 1e-11);
}

BOOST_AUTO_TEST_CASE(a_draw_does_not_need_its_predecessors) {
  Setup s(7, 9, 1e-12);
  const MassMap map = s.mapper.estimate(s.field.gamma);
  const PerturbAndSolve sampler(*map.filter, Rng(3));
  VecHandle a = s.mapper.synthesis()->domain().vec(), b = like(a), c = like(a);
  sampler.draw(0, c);
  sampler.draw(5, a);
  sampler.draw(5, b);
  BOOST_TEST(distance(a, b) == 0);
  BOOST_TEST(distance(a, c) > 0.1);
}

BOOST_AUTO_TEST_CASE(exact_sd_of_a_large_grid_is_refused) {
  const ShearField field = smallField(101, 101);
  const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
  const GaussianField prior(fft, smallSpectrum, smallPixel);
  const MassMapper mapper(field, fft, &prior, {MassMethod::Wiener, 0, {.rtol = 1e-1, .iterations = 10, .prefix = {}}});
  const MassMap map = mapper.estimate(field.gamma);
  try {
    exactStd(mapper, *map.filter, field);
    BOOST_ERROR("accepted");
  } catch (const Error& e) {
    BOOST_TEST(static_cast<int>(e.code()) == 78);
  }
}

BOOST_AUTO_TEST_CASE(stopping_at_the_limit_is_told_not_thrown) {
  const ShearField field = smallField(8, 6);
  const auto fft = std::make_shared<Fft>(field.image, Planning::Estimate);
  const GaussianField prior(fft, smallSpectrum, smallPixel);
  const MassMapper mapper(field, fft, &prior, {MassMethod::Wiener, 0, {.rtol = 1e-14, .iterations = 2, .prefix = {}}});
  const MassMap map = mapper.estimate(field.gamma);
  BOOST_TEST(!map.result.converged);
  BOOST_TEST(map.result.limited);
  BOOST_TEST(static_cast<int>(map.result.exitCode()) == 3);
}
