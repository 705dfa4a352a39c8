/// bench_lognormal PROBLEM.h5 [REPEATS]: the MAP of a log-normal field seen in counts, in the whitened variable, from
/// zero, by Newton-CG. One line of JSON on standard output: seconds until the energy is within 0.01 nats of the
/// optimum, which a sharper run gives. PROBLEM.h5 is of make_lognormal_problem.py.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/run.hpp"
#include "io/h5_reader.hpp"
#include "model/affine.hpp"
#include "model/likelihood.hpp"
#include "model/model_chain.hpp"
#include "model/poisson_noise.hpp"
#include "model/positive.hpp"
#include "model/sum_of_terms.hpp"
#include "operators/algebra.hpp"
#include "operators/spectral_synthesis.hpp"
#include "priors/white_prior.hpp"
#include "solvers/map_solver.hpp"

using namespace lacuna;

namespace {

struct Trace final : Observer {
  std::vector<std::pair<double, double>> steps;  ///< seconds, nats
  void iteration(const Progress& p) override { steps.emplace_back(p.seconds, p.energy); }
};

ExitCode bench(const std::vector<std::string>& words) {
  if (words.empty()) throw Error(ExitCode::Usage, "usage: bench_lognormal PROBLEM.h5 [REPEATS]");
  const int repeats = words.size() > 1 ? std::stoi(words[1]) : 5;

  // 1. The data and the model, mean = exp(ln 5 + S xi).
  const H5Reader file(PETSC_COMM_WORLD, words[0]);
  const auto shape = file.shape("counts");
  const Cube image(std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1),
                   {1, 1, 1, static_cast<PetscInt>(shape[0]), static_cast<PetscInt>(shape[1])});
  const Space& pixels = image.space();
  const VecHandle counts = pixels.vec();
  file.readField("counts", image, image.wholeWindow(), 0, counts);
  const auto noise = std::make_shared<PoissonNoise>(pixels, counts);
  const std::vector<double> power = file.readValues("power");
  const auto S =
      std::make_shared<SpectralSynthesis>(std::make_shared<Fft>(image), std::vector<Transfer>{[&](const Mode& m) {
                                            const auto y = std::lround(std::abs(m.fy) * static_cast<double>(shape[0])),
                                                       x = std::lround(std::abs(m.fx) * static_cast<double>(shape[1]));
                                            return std::sqrt(power[static_cast<std::size_t>(y * shape[1] + x)]);
                                          }});
  VecHandle level = pixels.vec();
  check(VecSet(level, std::log(5.0)));
  const auto model =
      std::make_shared<ModelChain>(std::make_shared<Positive>(pixels), std::make_shared<Affine>(S, std::move(level)));
  const SumOfTerms E({std::make_shared<Likelihood>(model, noise), std::make_shared<WhitePrior>(S->domain())});

  // 2. The preconditioner: (1 + P <mean>)^-1 for each mode.
  PetscScalar sum = 0;
  check(VecSum(counts, &sum));
  VecHandle inverse = S->gramDiagonal();
  check(VecScale(inverse, sum / static_cast<double>(pixels.global())));
  check(VecShift(inverse, 1));
  check(VecReciprocal(inverse));
  const OperatorPointer M = diagonal(S->domain(), std::move(inverse));
  const auto solve = [&](double rtol, Observer* observer, Vec xi) {
    check(VecSet(xi, 0));
    return solveMap(E,
                    {.method = "newton",
                     .curvature = Curvature::Fisher,
                     .rtol = rtol,
                     .preconditioner = [&](const TermAt&) { return M; }},
                    xi, observer);
  };

  // 3. The optimum, and the way there.
  const VecHandle xi = S->domain().vec(), mean = pixels.vec();
  const double best = solve(1e-14, nullptr, xi).energy;
  model->apply(xi, mean);
  PetscScalar xixi = 0;
  check(VecDot(xi, xi, &xixi));
  const double optimum = 0.5 * noise->deviance(mean) + 0.5 * xixi;
  std::vector<double> seconds, whole;
  MapResult result;
  for (int r = 0; r < repeats; ++r) {
    Trace trace;
    const double start = MPI_Wtime();
    result = solve(1e-7, &trace, xi);
    whole.push_back(MPI_Wtime() - start);
    seconds.push_back(std::find_if(trace.steps.begin(), trace.steps.end(), [&](const auto& step) {
                        return step.second - best < 0.01;
                      })->first);
  }
  std::sort(seconds.begin(), seconds.end());
  std::sort(whole.begin(), whole.end());
  if (rankOf(PETSC_COMM_WORLD) == 0)
    fmt::print(
        "{{\"ranks\": {}, \"seconds\": {:.4f}, \"whole_s\": {:.4f}, \"optimum\": {:.5f}, \"excess\": {:.2e}, "
        "\"gap\": {:.2e}, \"steps\": {}, \"products\": {}}}\n",
        sizeOf(PETSC_COMM_WORLD), seconds[seconds.size() / 2], whole[whole.size() / 2], optimum, result.energy - best,
        result.gap, result.iterations, result.products);
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
