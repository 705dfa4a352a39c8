/// Newton's method on norms with rounded corners against proximal solvers of the norms themselves: as the corners
/// shrink, the energies agree. The proximal solvers are ADMM and the primal-dual iteration of Chambolle & Pock (2011),
/// written out here.
#include "base/rng.hpp"
#include "model/affine.hpp"
#include "model/likelihood.hpp"
#include "model/poisson_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "priors/sparsity.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/proximal.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

using Norm = std::function<std::shared_ptr<const Sparsity>(const Cube&, double epsilon)>;

/// Counts of blocks that come and go over a background of 2, blurred.
struct Blocks {
  Cube cube;
  VecHandle y, background;
  std::shared_ptr<const Convolution> blur;
  std::shared_ptr<const PoissonNoise> noise;
  std::shared_ptr<const Likelihood> likelihood;

  explicit Blocks(const Shape& shape) : cube(cubeOf(shape)), y(cube.space().vec()), background(like(y)) {
    Psf h{1, 3, 3, {0, 1, 1}, {0.05, 0.1, 0.05, 0.1, 0.4, 0.1, 0.05, 0.1, 0.05}};
    blur = Convolution::make(cube, cube, {h}, {.deterministic = true});
    const VecHandle truth = like(y);
    const std::int64_t nx = shape.nx, plane = shape.nx * shape.ny;
    fillNatural(cube.space(), truth, [&](std::int64_t i) {
      const std::int64_t t = i / plane, row = i % plane / nx, column = i % nx;
      return (row >= 2 && row < 5 && column >= 1 && column < 4 && t < 3) ? 30.0 : row > 5 && t > 1 ? 12.0 : 1.0;
    });
    blur->apply(truth, y);
    check(VecSet(background, 2));
    check(VecAXPY(y, 1, background));
    Rng rng(11);
    const WriteLocal v(y);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) {
        double& mean = v[run.local + k];
        mean = std::max(0.0, std::round(mean + std::sqrt(mean) * rng.normalPair(run.natural + k * run.stride).first));
      }
  }
  void observe() {
    noise = std::make_shared<PoissonNoise>(cube.space(), y);
    VecHandle b = like(background);
    check(VecCopy(background, b));
    likelihood = std::make_shared<Likelihood>(std::make_shared<Affine>(blur, std::move(b)), noise);
  }
  VecHandle start() const {
    VecHandle x = like(y);
    check(VecSet(x, 8));
    return x;
  }
  /// deviance/2 + norm: small numbers, of which a relative error means more.
  double energy(const Sparsity& norm, Vec x) const {
    const VecHandle mean = like(y);
    blur->apply(x, mean);
    check(VecAXPY(mean, 1, background));
    return 0.5 * noise->deviance(mean) + norm.exactValue(x);
  }
  double offset(Vec x) const {
    const VecHandle mean = like(y);
    blur->apply(x, mean);
    check(VecAXPY(mean, 1, background));
    return 0.5 * noise->deviance(mean) - noise->value(mean);
  }

  void primalDual(const Sparsity& norm, int iterations, Vec x) const {
    const LinearOperator& A = *norm.features();
    const VecHandle g = like(y), h = like(y), p = like(y), hx = like(y), bar = like(y), old = like(y);
    const VecHandle q = A.range().vec(), ax = A.range().vec();
    const auto both = [&](Vec u, Vec v) {  // g <- H^T u + A^T v
      blur->applyAdjoint(u, g);
      A.applyAdjoint(v, h);
      check(VecAXPY(g, 1, h));
    };
    PetscReal size = 0;  // of H^T H + A^T A, by the power method
    fillNatural(cube.space(), bar, [](std::int64_t i) { return std::sin(1.0 + 2.3 * static_cast<double>(i)); });
    for (int i = 0; i < 60; ++i) {
      check(VecNormalize(bar, nullptr));
      blur->apply(bar, hx);
      A.apply(bar, ax);
      both(hx, ax);
      check(VecNorm(g, NORM_2, &size));
      check(VecCopy(g, bar));
    }
    const double scale = 8, tau = scale / std::sqrt(1.1 * size), sigma = 1 / (scale * std::sqrt(1.1 * size));
    check(VecCopy(x, bar));
    for (int i = 0; i < iterations; ++i) {
      blur->apply(bar, hx);
      check(VecAXPY(p, sigma, hx));
      {
        const WriteLocal dual(p);
        const ReadLocal b(background);
        const auto n = static_cast<std::size_t>(dual.size());
        std::vector<double> v(n), weight(n, sigma), mu(n);
        for (std::size_t k = 0; k < n; ++k) v[k] = dual[static_cast<PetscInt>(k)] / sigma + b[static_cast<PetscInt>(k)];
        noise->prox(0, dual.size(), v.data(), weight.data(), mu.data());
        for (std::size_t k = 0; k < n; ++k) dual[static_cast<PetscInt>(k)] = sigma * (v[k] - mu[k]);
      }
      A.apply(bar, ax);
      check(VecAXPY(q, sigma, ax));
      check(VecCopy(q, ax));
      check(VecScale(ax, 1 / sigma));
      norm.shrink(1 / sigma, ax);
      check(VecAXPY(q, -sigma, ax));
      both(p, q);
      check(VecCopy(x, old));
      const WriteLocal v(x), extrapolated(bar);
      const ReadLocal slope(g), before(old);
      for (PetscInt k = 0; k < v.size(); ++k) {
        v[k] = std::max(v[k] - tau * slope[k], 0.0);
        extrapolated[k] = 2 * v[k] - before[k];
      }
    }
  }
};

/// The minimum by ADMM, which that of the primal-dual iteration must equal.
double proximalMinimum(const Blocks& f, const Norm& norm, const std::function<void(ConvexProblem&)>& set) {
  const auto exact = norm(f.cube, 1);
  ConvexProblem problem(*f.blur);
  problem.noise = f.noise;
  problem.background = f.background;
  set(problem);
  const VecHandle x = f.start(), z = f.start();
  const ProximalResult r = solveProximal(
      problem, [&](Vec v) { return f.energy(*exact, v); }, {.rtol = 1e-9, .iterations = 2000}, x);
  f.primalDual(*exact, 3000, z);
  const double dual = f.energy(*exact, z);
  BOOST_TEST(std::abs(r.energy / dual - 1) < 1e-6, r.energy << ", " << dual);
  return r.energy;
}

/// Energies relative to E of Newton's method with corners of ever smaller size approach that of the norm from below.
/// `expected`: the minimum by a proximal solver.
void approach(const Blocks& f, const Norm& make, double expected, const char* what) {
  const VecHandle x = f.start();
  const double offset = f.offset(x);
  double before = -1e300, smoothed = 0, exact = 0;
  for (const double corner : {1e-1, 1e-2, 1e-3, 1e-4, 1e-5}) {
    const auto norm = make(f.cube, corner);
    const SumOfTerms energy({f.likelihood, norm});
    const MapResult r = solveMap(energy, {.method = "newton", .rtol = 1e-9, .iterations = 400, .lower = 0}, x);
    smoothed = r.energy + offset;
    exact = f.energy(*norm, x);
    BOOST_TEST(smoothed >= before - 1e-6 * expected, what << ": corners cost energy");
    BOOST_TEST(smoothed <= expected * (1 + 1e-6), what << ", " << corner << ": " << smoothed << ", " << expected);
    BOOST_TEST(exact >= expected * (1 - 1e-5), what << ", " << corner << ": " << exact << ", " << expected);
    before = smoothed;
  }
  BOOST_TEST(std::abs(smoothed / expected - 1) < 1e-5, what << ": " << smoothed << ", " << expected);
  BOOST_TEST(std::abs(exact / expected - 1) < 1e-5, what << ": " << exact << ", " << expected);
}

}  // namespace

BOOST_AUTO_TEST_CASE(total_variation_by_admm_and_by_the_primal_dual_iteration) {
  Blocks f({1, 1, 1, 10, 8});
  f.observe();
  const Norm norm = [](const Cube& cube, double e) { return totalVariation(cube, 0.2, e); };
  const double expected = proximalMinimum(f, norm, [](ConvexProblem& p) { p.totalVariation = 0.2; });
  approach(f, norm, expected, "total variation");
}

BOOST_AUTO_TEST_CASE(total_variation_in_time_by_admm_and_by_the_primal_dual_iteration) {
  Blocks f({5, 1, 1, 8, 6});
  f.observe();
  const Norm norm = [](const Cube& cube, double e) { return temporalVariation(cube, 0.3, e); };
  const double expected = proximalMinimum(f, norm, [](ConvexProblem& p) { p.timeVariation = 0.3; });
  approach(f, norm, expected, "total variation in time");
}

BOOST_AUTO_TEST_CASE(starlets_by_admm_and_by_the_primal_dual_iteration) {
  Blocks f({1, 1, 1, 12, 11});
  f.observe();
  const Norm norm = [](const Cube& cube, double e) { return starletSparsity(cube, 2, 0.2, e); };
  const double expected = proximalMinimum(f, norm, [](ConvexProblem& p) { p.starlet = 0.2, p.scales = 2; });
  approach(f, norm, expected, "starlets");
}
