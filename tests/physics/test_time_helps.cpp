/// What the frames of a movie know of one another: moving, blinking blobs in photon counts, blurred, over a background.
/// Log-intensities with a random walk over the frames against the best that can be had frame by frame, the truth being
/// known: an independent prior of every frame, and Richardson-Lucy stopped at its best iterate.
#include "derivatives.hpp"
#include "model/affine.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/poisson_noise.hpp"
#include "model/positive.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "operators/convolution.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "solvers/map_solver.hpp"
#include "solvers/richardson_lucy.hpp"

using namespace lacuna;

namespace {

/// Four blobs of sd `width` pixels that move slowly and blink between `dark` and 1, over a faint glow.
struct Scene {
  Shape shape;
  double width, peak, dark, glow;
  double operator()(std::int64_t i) const {
    const Shape& s = shape;
    const auto x = double(i % s.nx), y = double(i / s.nx % s.ny), t = double(i / (s.nx * s.ny));
    double sum = glow;
    for (int blob = 0; blob < 4; ++blob) {
      const double phase = 1.7 * blob, wave = std::sin(std::acos(-1.0) * t / (45 + 12 * blob) + phase);
      const double dx = x - (0.2 + 0.2 * blob + 0.06 * std::sin(0.03 * t + phase)) * double(s.nx);
      const double dy = s.ny > 1 ? y - (0.5 + 0.3 * std::sin(2.1 * blob + 0.015 * t)) * double(s.ny) : 0;
      sum += (dark + (1 - dark) * wave * wave) * peak * (1 + 0.4 * blob) *
             std::exp(-0.5 * (dx * dx + dy * dy) / (width * width));
    }
    return sum;
  }
};

/// A Gaussian of sd 2 pixels.
Psf gaussian(const Shape& s) {
  const PetscInt rx = 8, ry = s.ny > 1 ? rx : 0;
  Psf psf{1, 2 * ry + 1, 2 * rx + 1, {0, ry, rx}, {}};
  double sum = 0;
  for (PetscInt y = -ry; y <= ry; ++y)
    for (PetscInt x = -rx; x <= rx; ++x) sum += psf.values.emplace_back(std::exp(-double(x * x + y * y) / 8));
  for (double& v : psf.values) v /= sum;
  return psf;
}

class Movie : public Observer {
 public:
  explicit Movie(const Scene& scene)
      : cube_(cubeOf(scene.shape)),
        H_(Convolution::make(cube_, cube_, {gaussian(scene.shape)},
                             {.boundary = Boundary::Periodic, .deterministic = true})),
        truth_(cube_.space().vec()),
        counts_(cube_.space().vec()),
        background_(cube_.space().vec()) {
    fillNatural(cube_.space(), truth_, scene);
    check(VecSet(background_, 0.5));
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
    const MapResult r = solveMap(
        posterior, {.method = "nls", .curvature = Curvature::Fisher, .rtol = 1e-3, .iterations = 60, .prefix = {}}, s);
    BOOST_TEST(r.converged, r.reason);
    check(VecExp(s));
    return error(s);
  }
  double joint(double sd, double smoothness) const { return map(randomWalk(frames(), sd, 0, 2), smoothness); }
  double frameByFrame(double smoothness) const {
    const std::vector<double> zero(frames(), 0.0);
    return map(TimeChain{0, 2, zero, zero, std::vector<double>(frames(), 2.0)}, smoothness);
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

/// `smoothness` holds the best strength for single frames between a weaker and a stronger one.
void requireGain(const Scene& scene, const std::array<double, 3>& smoothness, double jointSd, double jointSmoothness) {
  Movie movie(scene);
  const auto [best, last] = movie.richardsonLucy();
  const double weak = movie.frameByFrame(smoothness[0]), single = movie.frameByFrame(smoothness[1]),
               strong = movie.frameByFrame(smoothness[2]), joint = movie.joint(jointSd, jointSmoothness);
  BOOST_TEST_MESSAGE(scene.shape.text() << ": joint " << joint << ", single frames " << weak << ' ' << single << ' '
                                        << strong << ", Richardson-Lucy " << best << " then " << last);
  BOOST_TEST(single < weak);
  BOOST_TEST(single < strong);
  BOOST_TEST(joint < 0.7 * single);
  BOOST_TEST(joint < 0.55 * best);
  BOOST_TEST(last > 2 * best);  // it fits the noise in the end
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_of_moving_blinking_blobs) {
  requireGain({{64, 1, 1, 1, 128}, 4, 3, 0.05, 0.1}, {1, 4, 12}, 0.3, 1);
}

BOOST_AUTO_TEST_CASE(images_of_moving_blinking_blobs) {
  requireGain({{32, 1, 1, 20, 20}, 2.5, 2, 0.2, 0.4}, {0.2, 0.5, 2}, 0.4, 0.2);
}
