/// Writes fields of many kinds in natural order, for compare_ranks.py: rank_fields FOLDER. The first word of a file's
/// name says how equal it must be: "bitwise" (random numbers, copies), "filtered" (through an FFT), "solved" (rtol
/// 1e-12).
#include <fstream>

#include "base/run.hpp"
#include "model/gaussian_noise.hpp"
#include "model/sum_of_terms.hpp"
#include "natural.hpp"
#include "operators/algebra.hpp"
#include "operators/lensing.hpp"
#include "priors/gaussian_field.hpp"
#include "priors/white_prior.hpp"
#include "samplers/moments.hpp"
#include "samplers/perturb_and_solve.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;

namespace {

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  void write(const std::string& name, const Space& space, Vec x) const {
    const std::vector<double> all = inNaturalOrder(space, x);
    onRankZero(space.comm(), [&] {
      std::ofstream out(path_ + "/" + name + ".f64", std::ios::binary);
      if (!out.write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(8 * all.size())))
        throw Error(ExitCode::IoError, "cannot write " + name);
    });
  }

 private:
  std::string path_;
};

constexpr double pixel = 1e-3;  // rad
double spectrum(double ell) { return pixel * pixel / (0.02 + 0.025 * ell * ell * pixel * pixel); }

void bitwise(const Folder& out, const std::string& name, const Cube& cube) {
  const Space& s = cube.space();
  VecHandle x = s.vec(), y = s.vec();
  Rng rng(2024, 7);
  rng.normal(s, x);
  out.write("bitwise_normal_" + name, s, x);
  rng.uniform(s, y);
  out.write("bitwise_uniform_" + name, s, y);
  fillNatural(s, y, [](std::int64_t i) { return static_cast<double>(i % 3); });
  const auto use = mask(s, y);
  use->apply(x, y);
  out.write("bitwise_masked_" + name, s, y);
  const Cube two = cube.withChannels(2 * cube.shape().channels);
  if (cube.shape().frames == 1 && cube.shape().channels == 1) {
    VecHandle both = two.space().vec();
    stack({identity(s), use}, two.space())->apply(x, both);
    out.write("bitwise_stacked_" + name, two.space(), both);
  }
  Moments moments(s);
  for (int k = 0; k < 5; ++k) {
    rng.normal(s, x);
    moments.add(x);
  }
  moments.standardDeviation(x);
  out.write("bitwise_moments_" + name, s, x);
}

void filtered(const Folder& out, const std::string& name, std::shared_ptr<const Fft> fft) {
  const GaussianField prior(fft, spectrum, pixel);
  const Space& s = prior.synthesis()->range();
  VecHandle x = s.vec(), y = s.vec();
  Rng rng(2025);
  prior.sample(rng, x);
  out.write("filtered_draw_" + name, s, x);
  SpectralFilter(fft, {gaussianSmoothing(1.5)}).apply(x, y);
  out.write("filtered_smoothed_" + name, s, y);
  if (fft->cube().shape().nz > 1) return;
  const auto L = lensing(fft);
  VecHandle gamma = L->range().vec();
  L->apply(x, gamma);
  out.write("filtered_shear_" + name, L->range(), gamma);
  kaiserSquires(fft, 1)->applyAdjoint(gamma, y);
  out.write("filtered_kaiser_squires_" + name, s, y);
}

void solved(const Folder& out, const std::string& name, std::shared_ptr<const Fft> fft) {
  const GaussianField prior(fft, spectrum, pixel);
  const auto A = prior.through({lensingD1, lensingD2});
  const Space &data = A->range(), &unknown = A->domain(), &image = prior.synthesis()->range();
  VecHandle d = data.vec(), v = data.vec(), xi = unknown.vec(), kappa = image.vec();
  fillNatural(data, d, [](std::int64_t i) { return 5 * Rng(3).normalPair(i).first; });
  const std::int64_t pixels = fft->cube().shape().pixels();
  fillNatural(data, v, [&](std::int64_t i) {
    return i % pixels % 7 == 2 ? INFINITY : 0.5 + 0.1 * static_cast<double>(i % pixels % 4);
  });
  const auto likelihood = std::make_shared<Likelihood>(A, std::make_shared<GaussianNoise>(data, d, v));
  const WienerFilter filter(likelihood, true, meanWeightPreconditioner(unknown, A->gramDiagonal(), 1.4),
                            {.rtol = 1e-12, .iterations = 500, .prefix = {}});
  if (!filter.solve(xi).converged) throw Error("the Wiener filter did not converge");
  prior.synthesis()->apply(xi, kappa);
  out.write("solved_wiener_" + name, image, kappa);
  PerturbAndSolve(filter, Rng(4)).draw(2, xi);
  prior.synthesis()->apply(xi, kappa);
  out.write("solved_sample_" + name, image, kappa);
  check(VecSet(xi, 0));
  const SumOfTerms posterior({likelihood, std::make_shared<WhitePrior>(unknown)});
  // The energy to 1e-22 is the unknown to 1e-11.
  if (!solveMap(posterior, {.method = "nls", .rtol = 1e-22, .iterations = 100, .prefix = {}}, xi).converged)
    throw Error("the MAP solver did not converge");
  prior.synthesis()->apply(xi, kappa);
  out.write("solved_map_" + name, image, kappa);
}

ExitCode fields(const std::vector<std::string>& words) {
  const Folder out(words.at(0));
  for (const Shape& shape : {Shape{1, 1, 1, 12, 10},
                             {1, 1, 1, 11, 13},
                             {1, 1, 1, 3, 16},
                             {4, 1, 1, 6, 5},
                             {3, 2, 1, 4, 5},
                             {1, 1, 5, 4, 6}}) {
    const std::string name = shape.text();
    const Cube cube(std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, shape.frames), shape);
    bitwise(out, name, cube);
    if (shape.channels > 1) continue;
    const auto fft = std::make_shared<Fft>(cube, Planning::Estimate);
    filtered(out, name, fft);
    if (shape.frames == 1 && shape.nz == 1) solved(out, name, fft);
  }
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, fields); }
