/// Small movies whose answer is known: a Rauch-Tung-Striebel smoother for Gaussian noise, a dense Newton iteration for
/// Poisson noise. Both are written here from their definitions and know nothing of the library's operators.
#include "dense_operator.hpp"
#include "derivatives.hpp"
#include "model/affine.hpp"
#include "model/gaussian_noise.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/poisson_noise.hpp"
#include "model/positive.hpp"
#include "model/sum_of_terms.hpp"
#include "operators/algebra.hpp"
#include "priors/markov_prior.hpp"
#include "solvers/conjugate_gradients.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;

namespace {

using Numbers = std::vector<double>;

DenseMatrix product(const DenseMatrix& a, const DenseMatrix& b) {
  DenseMatrix out;
  const DenseMatrix columns = transposed(b);
  for (const auto& row : a) out.push_back(times(columns, row));
  return out;
}
DenseMatrix combine(double f, const DenseMatrix& a, double g, const DenseMatrix& b) {
  return denseOf(int(a.size()), int(a[0].size()), [&](int i, int j) {
    return f * a[std::size_t(i)][std::size_t(j)] + g * b[std::size_t(i)][std::size_t(j)];
  });
}

/// A movie of n pixels a frame, blurred by the same matrix, with known noise.
struct Movie {
  Shape shape;
  DenseMatrix blur;        ///< n x n
  DenseMatrix innovation;  ///< C, n x n
  TimeChain chain;
  Numbers y, variance;  ///< [frame][pixel]; infinite variance where masked
  std::size_t pixels() const { return blur.size(); }
  /// The blur of all frames.
  DenseMatrix wholeBlur() const {
    const int n = int(pixels());
    return denseOf(n * int(chain.frames()), n * int(chain.frames()),
                   [&](int i, int j) { return i / n == j / n ? blur[std::size_t(i % n)][std::size_t(j % n)] : 0.0; });
  }
};

/// Means and sds of all frames given all data (Rauch, Tung & Striebel 1965).
std::pair<Numbers, Numbers> smoother(const Movie& movie) {
  const std::size_t n = movie.pixels(), T = movie.chain.frames();
  const DenseMatrix Ht = transposed(movie.blur);
  std::vector<Numbers> predicted(T), filtered(T);
  std::vector<DenseMatrix> predictedP(T), filteredP(T);
  for (std::size_t t = 0; t < T; ++t) {
    const TimeChain& c = movie.chain;
    if (t == 0) {
      predicted[t] = Numbers(n, c.initialMean);
      predictedP[t] = combine(c.initialSd * c.initialSd, movie.innovation, 0, movie.innovation);
    } else {
      for (double m : filtered[t - 1]) predicted[t].push_back(c.phi[t] * m + c.constant[t]);
      predictedP[t] = combine(c.phi[t] * c.phi[t], filteredP[t - 1], c.sd[t] * c.sd[t], movie.innovation);
    }
    DenseMatrix WH = movie.blur;
    const Numbers Hm = times(movie.blur, predicted[t]);
    Numbers misfit;
    for (std::size_t i = 0; i < n; ++i) {
      const double w = 1 / movie.variance[t * n + i];
      for (double& v : WH[i]) v *= w;
      misfit.push_back(w > 0 ? w * (movie.y[t * n + i] - Hm[i]) : 0);
    }
    filteredP[t] = inverse(combine(1, inverse(predictedP[t]), 1, product(Ht, WH)));
    const Numbers step = times(filteredP[t], times(Ht, misfit));
    for (std::size_t i = 0; i < n; ++i) filtered[t].push_back(predicted[t][i] + step[i]);
  }
  Numbers mean(T * n), sd(T * n);
  Numbers m = filtered[T - 1];
  DenseMatrix P = filteredP[T - 1];
  for (std::size_t t = T; t-- > 0;) {
    if (t + 1 < T) {
      const DenseMatrix G = combine(movie.chain.phi[t + 1], product(filteredP[t], inverse(predictedP[t + 1])), 0, P);
      Numbers difference;
      for (std::size_t i = 0; i < n; ++i) difference.push_back(m[i] - predicted[t + 1][i]);
      const Numbers step = times(G, difference);
      for (std::size_t i = 0; i < n; ++i) m[i] = filtered[t][i] + step[i];
      P = combine(1, filteredP[t], 1, product(G, product(combine(1, P, -1, predictedP[t + 1]), transposed(G))));
    }
    for (std::size_t i = 0; i < n; ++i) mean[t * n + i] = m[i], sd[t * n + i] = std::sqrt(P[i][i]);
  }
  return {mean, sd};
}

double power(const Mode& k) { return 1 / (0.2 + 3 * (k.fx * k.fx + k.fy * k.fy)); }

/// A blur with sides that leak, not symmetric.
Movie movieOf(const Shape& s, TimeChain chain, bool coloured) {
  Movie movie{s, {}, {}, std::move(chain), {}, {}};
  const int nx = int(s.nx), ny = int(s.ny), n = nx * ny;
  movie.blur = denseOf(n, n, [&](int i, int j) {
    const int dx = i % nx - j % nx, dy = i / nx - j / nx;
    return std::exp(-0.4 * (dx - 0.3) * (dx - 0.3) - 0.6 * dy * dy) / 3;
  });
  movie.innovation = denseOf(n, n, [&](int i, int j) {
    if (!coloured) return i == j ? 1.0 : 0.0;
    double sum = 0;
    for (int a = 0; a < ny; ++a)
      for (int b = 0; b < nx; ++b) {
        Mode k;
        k.fx = double(2 * b <= nx ? b : b - nx) / nx;
        k.fy = double(2 * a <= ny ? a : a - ny) / ny;
        sum += power(k) * std::cos(2 * std::acos(-1.0) * (k.fx * (i % nx - j % nx) + k.fy * (i / nx - j / nx))) / n;
      }
    return sum;
  });
  for (std::int64_t i = 0; i < s.size(); ++i) {
    movie.variance.push_back(i % 7 == 3 ? INFINITY : 0.05 + 0.02 * double(i % 5));
    movie.y.push_back(i % 7 == 3 ? std::nan("") : 1 + std::sin(0.9 * double(i)) + Rng(6).normalPair(i).first);
  }
  return movie;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gaussian_movies_are_smoothed_as_by_rauch_tung_and_striebel) {
  const std::vector<double> times{0, 1, 1.5, 4, 4.25, 6};
  for (const Shape& s : {Shape{6, 1, 1, 1, 5}, {6, 1, 1, 2, 3}})
    for (const TimeChain& chain : {randomWalk(6, 0.4, 1.5, 2), ar1(6, 0.8, 2.5, 1.2, times)})
      for (bool coloured : {false, true}) {
        const Movie movie = movieOf(s, chain, coloured);
        const auto [mean, sd] = smoother(movie);
        const Cube cube = cubeOf(s);
        const Space& space = cube.space();
        VecHandle y = space.vec(), variance = space.vec(), x = space.vec();
        fillNatural(space, y, [&](std::int64_t i) { return movie.y[std::size_t(i)]; });
        fillNatural(space, variance, [&](std::int64_t i) { return movie.variance[std::size_t(i)]; });
        const auto data = std::make_shared<Likelihood>(std::make_shared<DenseOperator>(space, space, movie.wholeBlur()),
                                                       std::make_shared<GaussianNoise>(space, y, variance));
        const auto prior =
            coloured ? std::make_shared<MarkovPrior>(std::make_shared<Fft>(cube, Planning::Estimate), chain, power)
                     : std::make_shared<MarkovPrior>(cube, chain);
        const SumOfTerms posterior({data, prior});
        BOOST_TEST(solveMap(posterior, {.method = "nls", .rtol = 1e-22, .iterations = 100, .prefix = {}}, x).converged);
        BOOST_TEST(worstDifference(inNaturalOrder(space, x), mean) < 1e-8, s.text());
        // sd_i^2 = e_i^T M^-1 e_i
        const ConjugateGradients cg(posterior.at(x)->curvature(Curvature::Fisher), nullptr,
                                    {.rtol = 1e-11, .iterations = 1000, .prefix = {}});
        Numbers found;
        VecHandle e = space.vec(), column = space.vec();
        for (std::int64_t i = 0; i < s.size(); ++i) {
          fillNatural(space, e, [i](std::int64_t j) { return i == j ? 1 : 0; });
          BOOST_TEST(cg.solve(e, column).converged);
          found.push_back(std::sqrt(dot(e, column)));
        }
        BOOST_TEST(worstDifference(found, sd) < 1e-8, s.text());
      }
}

BOOST_AUTO_TEST_CASE(poisson_movies_are_the_optimum_of_a_dense_newton_iteration) {
  for (const Shape& s : {Shape{6, 1, 1, 1, 6}, {5, 1, 1, 2, 3}})
    for (bool logarithm : {false, true}) {  // of the unknown: x = exp(s)
      const auto frames = std::size_t(s.frames);
      const TimeChain chain = logarithm ? ar1(frames, 0.8, 3, 4) : randomWalk(frames, 12, 60, 40);
      const double start = logarithm ? 4 : 60;
      const Movie movie = movieOf(s, chain, false);
      const DenseMatrix H = movie.wholeBlur(), Ht = transposed(H);
      const std::size_t n = H.size();
      Numbers counts, exposure, background;
      for (std::size_t i = 0; i < n; ++i) {
        counts.push_back(i % 7 == 3 ? NAN : std::floor(100 + 60 * std::sin(0.9 * double(i))));
        exposure.push_back(0.7 + 0.1 * double(i % 4));
        background.push_back(0.5 + double(i % 3));
      }
      // E = sum mu - y ln mu + 1/2 s.Qs - b.s, mu = exposure H x + background, x = s or exp(s), Q tridiagonal in time.
      const std::size_t frame = movie.pixels();
      const DenseMatrix Q = denseOf(int(n), int(n), [&](int i, int j) {
        const auto t = std::size_t(i) / frame, u = std::size_t(j) / frame;
        if (std::size_t(i) % frame != std::size_t(j) % frame) return 0.0;
        return t == u ? chain.diagonal(t) : t + 1 == u ? chain.offDiagonal(t) : u + 1 == t ? chain.offDiagonal(u) : 0.0;
      });
      Numbers unknown(n, start);
      double energy = 0;
      for (int iteration = 0; iteration < 80; ++iteration) {
        const bool fisher = logarithm && iteration < 40;  // far from the optimum the Hessian in ln x may be indefinite
        Numbers x;
        for (double v : unknown) x.push_back(logarithm ? std::exp(v) : v);
        const Numbers u = times(H, x), Qs = times(Q, unknown);
        Numbers slope(n, 0.0);
        DenseMatrix WH = H;
        const double before = std::exchange(energy, 0);
        for (std::size_t i = 0; i < n; ++i) {
          const double mu = exposure[i] * u[i] + background[i], b = chain.forcing(i / frame);
          energy += 0.5 * unknown[i] * Qs[i] - b * unknown[i];
          const bool used = !std::isnan(counts[i]);
          if (used) energy += mu - counts[i] * std::log(mu);
          slope[i] = used ? exposure[i] * (1 - counts[i] / mu) : 0;
          for (double& v : WH[i]) v *= used ? exposure[i] * exposure[i] * (fisher ? mu : counts[i]) / (mu * mu) : 0;
        }
        Numbers gradient = times(Ht, slope);
        DenseMatrix hessian = product(Ht, WH);
        for (std::size_t i = 0; i < n; ++i) {
          if (logarithm) {
            for (std::size_t k = 0; k < n; ++k) hessian[i][k] *= x[i] * x[k];
            gradient[i] *= x[i];
            if (!fisher) hessian[i][i] += gradient[i];
          }
          gradient[i] += Qs[i] - chain.forcing(i / frame);
        }
        const Numbers step = times(inverse(combine(1, Q, 1, hessian)), gradient);
        double longest = 0;
        for (double v : step) longest = std::max(longest, std::abs(v));
        const double shorten = logarithm && longest > 0.3 ? 0.3 / longest : 1;
        for (std::size_t i = 0; i < n; ++i) unknown[i] -= shorten * step[i];
        if (!fisher && iteration > 3 && std::abs(before - energy) <= 1e-15 * std::abs(energy)) break;
      }
      double constant = 0;  // 1/2 s.Qs - b.s is short of the energy of the chain by this
      for (std::size_t t = 0; t < frames; ++t) {
        const double c = t == 0 ? chain.initialMean : chain.constant[t];
        constant += 0.5 * double(frame) * c * c * chain.weight(t);
      }

      const Cube cube = cubeOf(s);
      const Space& space = cube.space();
      const auto vec = [&](const Numbers& v) {
        VecHandle out = space.vec();
        fillNatural(space, out, [&](std::int64_t i) { return v[std::size_t(i)]; });
        return out;
      };
      VecHandle unmasked = space.vec();
      fillNatural(space, unmasked, [&](std::int64_t i) { return std::isnan(counts[std::size_t(i)]) ? 0 : 1; });
      std::shared_ptr<const Model> A =
          compose(diagonal(space, vec(exposure)), std::make_shared<DenseOperator>(space, space, H));
      if (logarithm) A = std::make_shared<ModelChain>(A, std::make_shared<Positive>(space));
      const auto mean = std::make_shared<Affine>(A, vec(background));
      const auto noise = std::make_shared<PoissonNoise>(space, vec(counts), unmasked);
      const SumOfTerms posterior(
          {std::make_shared<Likelihood>(mean, noise), std::make_shared<MarkovPrior>(cube, chain)});
      VecHandle found = space.vec();
      check(VecSet(found, start));
      const MapResult map =
          solveMap(posterior, {.method = "nls", .rtol = 1e-18, .iterations = 200, .prefix = {}}, found);
      BOOST_TEST(map.converged, map.reason);
      BOOST_TEST(std::abs(map.energy - energy - constant) < 1e-8, map.energy << " != " << energy + constant);
      BOOST_TEST(worstDifference(inNaturalOrder(space, found), unknown) < 1e-6);
    }
}
