/// Draws around an estimate: their covariance is the inverse of the curvature, entry by entry from a dense matrix.
#include "deconvolve/posterior.hpp"
#include "dense_operator.hpp"
#include "small_movie.hpp"

using namespace lacuna;
using small::Movie;

namespace {

/// Curvature in x, or in ln x, of the small movie at x: J^T diag(1 / mu) J + smoothness + chain, from sums over pixels.
DenseMatrix curvature(const Movie& movie, const std::vector<double>& x, bool exponential) {
  const auto n = static_cast<int>(x.size());
  std::vector<double> mu = movie.background;
  DenseMatrix J = denseOf(static_cast<int>(mu.size()), n, [](int, int) { return 0.0; });
  movie.eachTap([&](std::size_t d, std::size_t p, double w) {
    mu[d] += movie.exposure[d] * w * x[p];
    J[d][p] += movie.exposure[d] * w;
  });
  DenseMatrix M = denseOf(n, n, [](int, int) { return 0.0; });
  for (std::size_t d = 0; d < mu.size(); ++d)
    for (std::size_t i = 0; i < x.size() && movie.mask[d] != 0; ++i)
      for (std::size_t j = 0; j < x.size(); ++j) M[i][j] += J[d][i] * J[d][j] / mu[d];
  // The quadratic priors: their gradient at unit vectors.
  Movie prior = movie;
  prior.mask.assign(movie.mask.size(), 0);
  const std::vector<double> zero(x.size(), 0);
  std::vector<double> at0, at1;
  prior.chain.reset();
  prior.energy(zero, at0);
  for (std::size_t j = 0; j < x.size(); ++j) {
    std::vector<double> e = zero;
    e[j] = 1;
    prior.energy(e, at1);
    for (std::size_t i = 0; i < x.size(); ++i) M[i][j] += at1[i] - at0[i];
  }
  if (exponential)
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t j = 0; j < x.size(); ++j) M[i][j] *= x[i] * x[j];
  const std::size_t plane = small::at(movie.height() * movie.width());
  for (std::size_t i = 0; i < x.size(); ++i) {
    M[i][i] += movie.chain->diagonal(i / plane);
    if (i + plane < x.size()) {
      M[i][i + plane] += movie.chain->offDiagonal(i / plane);
      M[i + plane][i] += movie.chain->offDiagonal(i / plane);
    }
  }
  return M;
}

}  // namespace

/// Five standard errors of the entries of a sample covariance.
BOOST_AUTO_TEST_CASE(draws_have_the_inverse_curvature_as_covariance) {
  for (const bool exponential : {false, true}) {
    Movie movie;
    movie.ny = 3, movie.nx = 3, movie.frames = 2;
    movie.counts.resize(18), movie.mask.resize(18), movie.exposure.resize(18), movie.background.resize(18);
    movie.chain = randomWalk(2, 1.5, 1, 4);
    DeconvolveOptions o;
    o.positivity = exponential ? Positivity::Exponential : Positivity::Bound;
    o.sampleRtol = 1e-10;
    const auto [model, priors] = movie.build(o, exponential);
    Estimate e;
    e.x = model.unknown.space().vec();
    fillNatural(model.unknown.space(), e.x, [](std::int64_t i) { return 1 + 0.2 * static_cast<double>(i % 7); });
    std::vector<double> x = inNaturalOrder(model.unknown.space(), e.x);
    DenseMatrix M = curvature(movie, x, exponential);
    const std::size_t held = 4;
    if (!exponential) {
      e.active = model.unknown.space().vec();
      fillNatural(model.unknown.space(), e.active, [&](std::int64_t i) { return small::at(i) == held ? 1.0 : 0.0; });
      for (std::size_t i = 0; i < x.size(); ++i) M[held][i] = M[i][held] = i == held ? 1e30 : 0;
    }
    const DenseMatrix covariance = inverse(M);
    const auto terms = priorTerms(priors, model.unknown, 0, 1);
    const LaplaceSampler sampler(model, terms, o, e);
    const VecHandle z = model.unknown.space().vec();
    const int draws = 600;
    DenseMatrix found = denseOf(18, 18, [](int, int) { return 0.0; });
    for (int k = 0; k < draws; ++k) {
      sampler.draw(static_cast<std::uint32_t>(k), z);
      const std::vector<double> v = inNaturalOrder(model.unknown.space(), z);
      for (std::size_t i = 0; i < v.size(); ++i)
        for (std::size_t j = 0; j < v.size(); ++j) found[i][j] += v[i] * v[j] / draws;
    }
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t j = 0; j < x.size(); ++j) {
        if (!exponential && (i == held || j == held)) {
          BOOST_TEST(found[i][j] == 0);
          continue;
        }
        const double scale = std::sqrt(covariance[i][i] * covariance[j][j]);
        BOOST_TEST(std::abs(found[i][j] - covariance[i][j]) < 5 * std::sqrt(2.0 / draws) * scale, i << " " << j);
      }
    if (exponential) continue;
    o.samples = 3;
    const VecHandle std = posteriorStd(model, priors, o, e, nullptr);
    const std::vector<double> sd = inNaturalOrder(model.unknown.space(), std);
    for (std::size_t i = 0; i < sd.size(); ++i) BOOST_TEST(std::isnan(sd[i]) == (i == held));
  }
}
