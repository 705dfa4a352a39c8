/// MAP estimates of a small movie: the conditions of a minimum, from sums over pixels.
#include "small_movie.hpp"

using namespace lacuna;
using small::Movie;

namespace {

DeconvolveOptions exact() {
  DeconvolveOptions o;
  o.rtol = 1e-13;
  o.deterministic = true;
  return o;
}

/// x >= 0, no gradient where x > 0, none downhill where x = 0.
void requireMinimum(const Movie& movie, const ImagingModel& model, const Estimate& e) {
  BOOST_TEST(e.converged, e.reason);
  const std::vector<double> x = inNaturalOrder(model.unknown.space(), e.x);
  std::vector<double> g;
  const double energy = movie.energy(x, g);
  BOOST_TEST(std::abs(energy - e.energy) < 1e-10 * std::abs(energy), e.energy << " " << energy);
  int held = 0;
  const std::vector<double> active = inNaturalOrder(model.unknown.space(), e.active);
  for (std::size_t i = 0; i < x.size(); ++i) {
    BOOST_TEST(x[i] >= 0);
    BOOST_TEST(active[i] == (x[i] == 0));
    held += x[i] == 0;
    BOOST_TEST((x[i] > 0 ? std::abs(g[i]) : -g[i]) < 1e-5, i << ": x " << x[i] << ", gradient " << g[i]);
  }
  BOOST_TEST(held > 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(bounded) {
  for (const char* algorithm : {"auto", "newton"}) {
    Movie movie;
    movie.smooth = 0.02;
    DeconvolveOptions o = exact();
    o.algorithm = algorithm;
    const auto [model, priors] = movie.build(o);
    requireMinimum(movie, model, estimateImage(model, priors, o, nullptr));
  }
}

BOOST_AUTO_TEST_CASE(all_pixels_that_matter) {
  Movie movie;
  movie.margin = 1;
  DeconvolveOptions o = exact();
  o.region = Region::Valid;
  const auto [model, priors] = movie.build(o);
  requireMinimum(movie, model, estimateImage(model, priors, o, nullptr));
}

BOOST_AUTO_TEST_CASE(epochs_of_one_image) {
  Movie movie;
  movie.stack = true;
  movie.smooth = 0.02;
  movie.psfs = {movie.psfs[0], {1, 3, 3, {0, 0, 1}, {0.1, 0.5, 0.1, 0, 0.2, 0, 0, 0.1, 0}}, movie.psfs[0]};
  DeconvolveOptions o = exact();
  o.stack = true;
  const auto [model, priors] = movie.build(o);
  const Estimate e = estimateImage(model, priors, o, nullptr);
  const std::vector<double> x = inNaturalOrder(model.unknown.space(), e.x);
  std::vector<double> g;
  const double energy = movie.energy(x, g);
  BOOST_TEST(e.converged, e.reason);
  BOOST_TEST(std::abs(energy - e.energy) < 1e-10 * std::abs(energy));
  for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST((x[i] > 0 ? std::abs(g[i]) : -g[i]) < 1e-5);
}

/// In s = ln x the gradient is x g, plus that of the chain on s.
BOOST_AUTO_TEST_CASE(exponential) {
  Movie movie;
  movie.smooth = 0.05;
  DeconvolveOptions o = exact();
  o.positivity = Positivity::Exponential;
  const auto [model, priors] = movie.build(o, true);
  const Estimate e = estimateImage(model, priors, o, nullptr);
  BOOST_TEST(e.converged, e.reason);
  const std::vector<double> x = inNaturalOrder(model.unknown.space(), e.x);
  std::vector<double> g, chain;
  const double energy = movie.energy(x, g, &chain);
  BOOST_TEST(std::abs(energy - e.energy) < 1e-10 * std::abs(energy));
  for (std::size_t i = 0; i < x.size(); ++i) {
    BOOST_TEST(x[i] > 0);
    BOOST_TEST(std::abs(x[i] * g[i] + chain[i]) < 1e-5);
  }
}

/// Without a prior pixels beyond the edge of the data hardly matter. Newton's steps along them are long, and bounds cut
/// them off.
BOOST_AUTO_TEST_CASE(what_the_data_hardly_see_without_a_prior) {
  const Cube data = cubeOf({1, 1, 1, 12, 12}, 1);
  Psf h{1, 7, 7, {0, 3, 3}, {}};
  for (int i = 0; i < 49; ++i)
    h.values.push_back(std::exp(-0.5 * (std::pow(i / 7 - 3, 2) + std::pow(i % 7 - 3, 2))) / 6.28);
  for (const char* algorithm : {"auto", "newton"})
    for (int seed : {1, 2, 3}) {
      ImagingData d;
      d.cube = data;
      d.level = 0.1;
      d.counts = data.space().vec();
      fillNatural(data.space(), d.counts, [&](std::int64_t i) {
        return std::max(0.0, std::round(5 + 2.2 * Rng(static_cast<std::uint64_t>(seed)).normalPair(i).first));
      });
      DeconvolveOptions o;
      o.region = Region::Valid;
      o.algorithm = algorithm;
      o.deterministic = true;
      const ImagingModel model = imagingModel(std::move(d), {data.gridPointer(), {1, 1, 1, 18, 18}}, {h}, o);
      const Estimate e = estimateImage(model, {}, o, nullptr);
      BOOST_TEST(e.converged, algorithm << ", seed " << seed << ": " << e.reason);
      BOOST_TEST(e.kkt < 1e-2);
    }
}
