#pragma once
/// Small problems with their data for the proximal solver, and the dense minimum to compare with.
#include <numeric>

#include "base/rng.hpp"
#include "dense_convex.hpp"
#include "model/gaussian_noise.hpp"
#include "model/poisson_noise.hpp"
#include "solvers/proximal.hpp"
#include "testing.hpp"

namespace lacuna {

/// Positive, asymmetric, not normalised.
inline Psf psfOf(PetscInt nz, PetscInt ny, PetscInt nx, double salt) {
  Psf h{nz, ny, nx, {nz / 2, ny / 2, (nx - 1) / 2}, {}};
  for (PetscInt i = 0; i < nz * ny * nx; ++i)
    h.values.push_back((1.2 + std::sin(1.7 * static_cast<double>(i) + salt)) / static_cast<double>(2 * nz * ny * nx));
  return h;
}
inline TimeChain walk(PetscInt frames) { return randomWalk(static_cast<std::size_t>(frames), 0.8, 3, 5); }

/// A problem with its data: counts of a few bright pixels over a background.
struct Setup {
  ConvexProblem problem;
  DenseConvex dense;
  VecHandle exposure, background, mask;

  Setup(MPI_Comm comm, const Shape& image, const Shape& data, int timeRanks, bool poisson) {
    const auto grid = std::make_shared<ProcessGrid>(comm, std::max(image.frames, data.frames), timeRanks);
    problem.image = Cube(grid, image);
    problem.data = Cube(grid, data);
    poisson_ = poisson;
  }
  /// Call once all else of the problem is set.
  void finish(bool withExposure) {
    const Space& space = problem.data.space();
    dense = denseOf(problem);
    dense.poisson = poisson_;
    std::vector<double> truth;
    for (std::int64_t i = 0; i < problem.image.shape().size(); ++i)
      truth.push_back(i % 11 == 3 ? 40 : i % 3 == 0 ? 0 : 2 + std::sin(0.9 * static_cast<double>(i)));
    const std::vector<double> u = times(dense.H, truth);
    Rng rng(5);
    for (std::size_t i = 0; i < u.size(); ++i) {
      const auto v = static_cast<double>(i);
      dense.exposure.push_back(withExposure ? (i % 13 == 5 ? 0 : 1 + 0.5 * std::cos(v)) : 1);
      dense.background.push_back(withExposure ? 0.7 + 0.3 * std::sin(v) : 0.5);
      dense.used.push_back(i % 7 != 6);
      const double mu = dense.exposure[i] * u[i] + dense.background[i];
      dense.y.push_back(
          std::max(0.0, std::round(mu + std::sqrt(mu) * rng.normalPair(static_cast<std::int64_t>(i)).first)));
    }
    dense.variance = 2;
    const auto put = [&](Vec x, auto&& f) {
      fillNatural(space, x, [&](std::int64_t i) { return f(static_cast<std::size_t>(i)); });
    };
    const VecHandle y = space.vec(), variance = space.vec();
    exposure = space.vec(), background = space.vec(), mask = space.vec();
    put(y, [&](std::size_t i) { return dense.used[i] ? dense.y[i] : NAN; });
    put(mask, [&](std::size_t i) { return dense.used[i] ? 1.0 : 0.0; });
    put(variance, [&](std::size_t i) { return dense.used[i] ? dense.variance : INFINITY; });
    put(exposure, [&](std::size_t i) { return dense.exposure[i]; });
    put(background, [&](std::size_t i) { return dense.background[i]; });
    if (poisson_)
      problem.noise = std::make_shared<PoissonNoise>(space, y, mask);
    else
      problem.noise = std::make_shared<GaussianNoise>(space, y, variance);
    problem.background = background;
    if (withExposure) problem.exposure = exposure;
  }
  VecHandle start() const {
    VecHandle x = problem.image.space().vec();
    check(VecSet(x, 2));
    return x;
  }
  double energy(Vec x) const { return dense.energy(inNaturalOrder(problem.image.space(), x), true); }
  ProximalResult solve(const ProximalOptions& options, Vec x, Observer* observer = nullptr) const {
    return solveProximal(
        problem, [this](Vec v) { return energy(v); }, options, x, observer);
  }

 private:
  bool poisson_ = true;
};

/// The dense norms of x; v as a subgradient of them.
inline double normsOf(const DenseConvex& dense, const std::vector<double>& x) {
  double sum = 0;
  for (const auto& norm : dense.norms) sum += norm.strength * std::sqrt(DenseConvex::square(norm, x));
  return sum;
}
inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
inline Optimality optimalityOf(const Setup& s, const std::vector<double>& x, const std::vector<double>& v) {
  DenseConvex rest = s.dense;
  rest.norms.clear();
  std::vector<double> g(x.size());
  DenseMatrix unused;
  rest.derivatives(x, g, unused);
  double left = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double slope = g[i] + v[i];
    if (!s.problem.positive || x[i] > 0 || slope < 0) left += slope * slope;
  }
  return {std::sqrt(left), normsOf(s.dense, x) - dot(v, x)};
}

/// v . x' <= norms(x') for noise, and along v, where a v that is too long would be seen first.
inline void checkSubgradient(const Setup& s, const std::vector<double>& x, const std::vector<double>& v,
                             const char* what) {
  const Rng rng(11);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> other = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double noise = rng.split(static_cast<std::uint32_t>(trial)).normalPair(static_cast<std::int64_t>(i)).first;
      const double along = v[i] * std::pow(10, trial / 25.0 - 5) * (1 + 0.1 * noise);
      other[i] = trial < 50 ? noise : x[i] * (trial % 3 - 1) + along;
    }
    const double most = normsOf(s.dense, other), reached = dot(v, other);
    if (reached > most * (1 + 1e-10)) BOOST_TEST(reached <= most, what << ", trial " << trial);
  }
}

/// Solves, and compares with the dense minimum.
inline void compare(Setup& s, bool withExposure, const char* what, int iterations = 1500) {
  s.finish(withExposure);
  s.dense.epsilon = 1e-4;
  const double slack = s.dense.slack();
  const std::vector<double> reference = s.dense.minimum(2, slack > 0 ? 300 : 60);
  const double best = s.dense.energy(reference, false);
  VecHandle x = s.start();
  const VecHandle v = like(x);
  const auto natural = [&](Vec field) { return inNaturalOrder(s.problem.image.space(), field); };
  ProximalOptions options{.rtol = 1e-11, .iterations = iterations};
  if (slack > 0)
    options.optimality = [&](Vec at, double, const ProximalOptions::AddSubgradient& add) {
      check(VecSet(v, 0));
      add(v);
      return optimalityOf(s, natural(at), natural(v));
    };
  const ProximalResult r = s.solve(options, x);
  BOOST_TEST(std::abs(r.energy - s.energy(x)) <= 1e-12 * std::abs(r.energy), what);
  BOOST_TEST(r.energy - best < 1e-6 + slack, what << ": " << r.energy - best << " nats above, " << r.iterations);
  BOOST_TEST(r.energy - best > -1e-6, what << ": " << r.energy - best << " nats");
  if (slack > 0) {
    checkSubgradient(s, natural(x), natural(v), what);
    const Optimality left = optimalityOf(s, natural(x), natural(v));
    BOOST_TEST(left.slack == r.optimality.slack);
    BOOST_TEST(left.residual == r.optimality.residual);
    BOOST_TEST((left.slack > -1e-10 && left.slack < 2e-3), what << ": slack " << left.slack);
    BOOST_TEST(left.residual < 1e-3, what << ": KKT residual " << left.residual);
    const double distance = worstDifference(natural(x), reference) * std::sqrt(static_cast<double>(reference.size()));
    BOOST_TEST(r.energy - s.dense.energy(reference, true) < left.slack + left.residual * distance + 1e-9, what);
  }
  if (slack == 0) {
    BOOST_TEST(worstDifference(inNaturalOrder(s.problem.image.space(), x), reference) < 1e-2, what);
    BOOST_TEST((r.gap < 1e-6 && r.converged), what << ": gap " << r.gap << " after " << r.iterations);
  }
}

}  // namespace lacuna
