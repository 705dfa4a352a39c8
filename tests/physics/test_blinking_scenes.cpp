/// What the frames of a movie know of one another: moving, blinking blobs in photon counts, blurred, over a background,
/// as lacuna-simulate makes them: those that blink switch on and off from one frame to the next, which a random walk
/// does not expect. Log-intensities with a random walk over the frames against the best that can be had
/// frame by frame, the truth being known: the best smoothness of single frames, and the best iterate of
/// Richardson-Lucy.
#include <fmt/format.h>

#include "derivatives.hpp"
#include "model/affine.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/poisson_noise.hpp"
#include "model/positive.hpp"
#include "model/sum_of_terms.hpp"
#include "movie/movie_blur.hpp"
#include "natural.hpp"
#include "operators/convolution.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "solvers/chain_preconditioner.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/richardson_lucy.hpp"

using namespace lacuna;

namespace {

constexpr double blurSd = 2, backgroundCounts = 0.5;

/// Blobs over a faint glow, half of which blink.
SceneSettings blobs(std::int64_t sources, double counts, double width) {
  SceneSettings s;
  s.sources = sources;
  s.counts = counts;
  s.scatter = 0.3;
  s.width = {width, 1.5 * width};
  s.speed = 0.1;
  s.blinking = 0.5;
  s.on = s.off = 16;
  s.diffuse = 0.1;
  s.seed = 5;
  return s;
}
const Shape line{64, 1, 1, 1, 128}, image{32, 1, 1, 32, 32};
SceneSettings lineOfBlobs() { return blobs(6, 60, 2); }
SceneSettings imageOfBlobs() { return blobs(5, 150, 1.5); }

/// Of the smoothness of single frames.
const std::vector<double> strengths{0.1, 0.3, 1, 3, 10, 30};

class Movie : public Observer {
 public:
  Movie(const Shape& s, const SceneSettings& scene)
      : cube_(cubeOf(s)),
        H_(Convolution::make(cube_, cube_, {gaussianMoviePsf({s.frames, 1, s.ny, s.nx}, 0, blurSd)},
                             {.deterministic = true})),
        truth_(cube_.space().vec()),
        counts_(cube_.space().vec()),
        background_(cube_.space().vec()) {
    const auto pixels = static_cast<std::size_t>(s.pixels());
    std::vector<double> all;
    MovieScene at({s.frames, 1, s.ny, s.nx}, scene);
    for (PetscInt t = 0; t < s.frames; ++t, at.step()) {
      all.resize(all.size() + pixels);
      at.draw({0, 0, 0}, {1, s.ny, s.nx}, all.data() + all.size() - pixels);
    }
    fillNatural(cube_.space(), truth_, [&](std::int64_t i) { return all[static_cast<std::size_t>(i)]; });
    check(VecSet(background_, backgroundCounts));
    VecHandle mu = cube_.space().vec();
    H_->apply(truth_, mu);
    check(VecAXPY(mu, 1, background_));
    Rng rng(11);
    PoissonNoise(cube_.space(), counts_).sample(rng, mu, counts_);
  }

  /// rms error of the MAP estimate of x = exp(s), with a chain in time and smoothness in space on s.
  double map(const TimeChain& chain, double smoothness) const {
    const Space& space = cube_.space();
    VecHandle b = like(background_), s = space.vec();
    check(VecCopy(background_, b));
    const auto mean =
        std::make_shared<Affine>(std::make_shared<ModelChain>(H_, std::make_shared<Positive>(space)), std::move(b));
    const SumOfTerms posterior({std::make_shared<Likelihood>(mean, std::make_shared<PoissonNoise>(space, counts_)),
                                std::make_shared<MarkovPrior>(cube_, chain),
                                std::make_shared<Smoothness>(cube_, smoothness)});
    ChainPreconditioner preconditioner(cube_, chain, smoothness * (cube_.shape().ny > 1 ? 4 : 2));
    const MapResult r = solveMap(
        posterior,
        {.method = "newton", .rtol = 1e-3, .preconditioner = [&](const TermAt& at) { return preconditioner.at(at); }},
        s);
    BOOST_TEST(r.converged, r.reason);
    check(VecExp(s));
    return error(s);
  }
  double joint(double sd, double smoothness) const { return map(randomWalk(frames(), sd, 0, 2), smoothness); }
  /// The least error over the strengths of smoothness.
  double frameByFrame() const {
    const std::vector<double> zero(frames(), 0.0);
    const TimeChain apart{0, 2, zero, zero, std::vector<double>(frames(), 2.0)};
    std::vector<double> errors;
    for (double strength : strengths) errors.push_back(map(apart, strength));
    const auto best = std::min_element(errors.begin(), errors.end());
    BOOST_TEST((best != errors.begin() && best != errors.end() - 1), "the best strength is an end of the scan");
    return *best;
  }
  /// Best of 200 iterates, and the last.
  std::pair<double, double> richardsonLucy() {
    VecHandle x = cube_.space().vec();
    check(VecSet(x, 1));
    best_ = INFINITY;
    RichardsonLucy(H_, counts_, nullptr, background_).solve(x, {.iterations = 200}, this);
    return {best_, error(x)};
  }
  void iteration(const Progress& p) override { best_ = std::min(best_, error(p.x)); }

 private:
  std::size_t frames() const { return static_cast<std::size_t>(cube_.shape().frames); }
  double error(Vec x) const { return distance(x, truth_) * norm(truth_) / std::sqrt(double(cube_.shape().size())); }
  Cube cube_;
  std::shared_ptr<const Convolution> H_;
  VecHandle truth_, counts_, background_;
  double best_ = INFINITY;
};

struct Errors {
  double joint, single, best, last;
  std::string text() const {
    return fmt::format(
        "joint {:.3f}, best of single frames {:.3f} (gain {:.0f} %), best Richardson-Lucy {:.3f} ({:.0f} %), last "
        "{:.3f}",
        joint, single, 100 * (1 - joint / single), best, 100 * (1 - joint / best), last);
  }
};

Errors errorsOf(const Shape& shape, const SceneSettings& scene, double sd, double smoothness) {
  Movie movie(shape, scene);
  const auto [best, last] = movie.richardsonLucy();
  return {movie.joint(sd, smoothness), movie.frameByFrame(), best, last};
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_of_blobs_that_switch_on_and_off) {
  const Errors e = errorsOf(line, lineOfBlobs(), 0.3, 0.5);
  BOOST_TEST_MESSAGE(e.text());
  BOOST_TEST(e.joint < 0.75 * e.single);
  BOOST_TEST(e.joint < 0.9 * e.best);
  BOOST_TEST(e.last > 2 * e.best);  // it fits the noise in the end
}

BOOST_AUTO_TEST_CASE(images_of_blobs_that_switch_on_and_off) {
  const Errors e = errorsOf(image, imageOfBlobs(), 0.3, 0.2);
  BOOST_TEST_MESSAGE(e.text());
  BOOST_TEST(e.joint < 0.6 * e.single);
  BOOST_TEST(e.joint < 0.8 * e.best);
  BOOST_TEST(e.last > 2 * e.best);
}

/// The table of docs/scaling.md: --run_test=gains_over_scenes --log_level=message
BOOST_AUTO_TEST_CASE(gains_over_scenes, *boost::unit_test::disabled()) {
  const auto show = [](const std::string& what, auto&& change) {
    SceneSettings scene = lineOfBlobs();
    change(scene);
    Movie movie(line, scene);
    const double single = movie.frameByFrame(), best = movie.richardsonLucy().first;
    double least = INFINITY, at = 0;
    for (double sd : {0.05, 0.1, 0.2, 0.3, 0.5, 0.8})
      for (double smoothness : {0.2, 0.5, 1.0})
        if (const double e = movie.joint(sd, smoothness); e < least) least = e, at = sd;
    BOOST_TEST_MESSAGE(
        fmt::format("{}: joint {:.3f} (sd {}), single frames {:.3f} (gain {:.0f} %), Richardson-Lucy {:.3f} ({:.0f} %)",
                    what, least, at, single, 100 * (1 - least / single), best, 100 * (1 - least / best)));
  };
  show("as tested", [](SceneSettings&) {});
  show("none blinks", [](SceneSettings& s) { s.blinking = 0; });
  show("all blink, 4 frames", [](SceneSettings& s) { s.blinking = 1, s.on = s.off = 4; });
  show("all blink, 1 frame", [](SceneSettings& s) { s.blinking = 1, s.on = s.off = 1; });
  show("speed 0", [](SceneSettings& s) { s.speed = 0; });
  show("speed 0.5", [](SceneSettings& s) { s.speed = 0.5; });
  show("speed 2", [](SceneSettings& s) { s.speed = 2; });
  show("counts 15", [](SceneSettings& s) { s.counts = 15; });
  show("counts 600", [](SceneSettings& s) { s.counts = 600; });
}
