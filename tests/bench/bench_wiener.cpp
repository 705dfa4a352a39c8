/// bench_wiener PROBLEM.h5 [RTOL] [REPEATS]: the masked Wiener map of a periodic image, solve only, beside its floors
/// in the same process: the same number of bare FFTW transforms, on the same ranks. One line of JSON on standard
/// output. PROBLEM.h5 (tests/bench/make_wiener_problem.py): e1, e2, ninv, power, all [ny][nx]; k1 of the kernels along
/// axis 0.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bare_transforms.hpp"
#include "base/phase.hpp"
#include "base/run.hpp"
#include "io/h5_reader.hpp"
#include "model/gaussian_noise.hpp"
#include "operators/lensing.hpp"
#include "solvers/wiener.hpp"

using namespace lacuna;

namespace {

double peakMegabytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

ExitCode bench(const std::vector<std::string>& words) {
  if (words.empty()) throw Error(ExitCode::Usage, "usage: bench_wiener PROBLEM.h5 [RTOL] [REPEATS]");
  const double rtol = words.size() > 1 ? std::stod(words[1]) : 1e-6;
  const int repeats = words.size() > 2 ? std::stoi(words[2]) : 5;
  const double bareMemory = peakMegabytes();

  // 1. The problem. Its k1 runs along axis 0: e1 changes sign in our convention.
  const H5Reader file(PETSC_COMM_WORLD, words[0]);
  const auto shape = file.shape("e1");
  const Cube image(std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1),
                   {1, 1, 1, static_cast<PetscInt>(shape[0]), static_cast<PetscInt>(shape[1])});
  const Cube shear = image.withChannels(2);
  auto noise = [&] {
    const VecHandle d = shear.space().vec(), v = shear.space().vec();
    file.readField("e1", shear, image.wholeWindow(), 0, d);
    file.readField("e2", shear, image.wholeWindow(), 1, d);
    for (PetscInt c : {0, 1}) file.readField("ninv", shear, image.wholeWindow(), c, v);
    {
      const WriteLocal g(d), w(v);
      for (PetscInt i = 0; i < g.size() / 2; ++i) g[i] = -g[i];
      for (PetscInt i = 0; i < w.size(); ++i) w[i] = 1 / w[i];  // infinite where masked
    }
    return std::make_shared<GaussianNoise>(shear.space(), d, v);
  }();
  PetscScalar weight = 0;
  check(VecSum(noise->inverseVariance(), &weight));
  const auto fft = std::make_shared<const Fft>(image);
  const std::vector<double> power = file.readValues("power");
  const auto amplitude = [&](const Mode& m) {
    const auto y = std::lround(std::abs(m.fy) * static_cast<double>(shape[0])),
               x = std::lround(std::abs(m.fx) * static_cast<double>(shape[1]));
    return std::sqrt(power[static_cast<std::size_t>(y * shape[1] + x)]);
  };
  const auto A = std::make_shared<SpectralSynthesis>(
      fft, std::vector<Transfer>{[&](const Mode& m) { return amplitude(m) * lensingD1(m); },
                                 [&](const Mode& m) { return amplitude(m) * lensingD2(m); }});
  const WienerFilter filter(std::make_shared<Likelihood>(A, noise), true,
                            meanWeightPreconditioner(A->domain(), A->gramDiagonal(), weight / shear.space().global()),
                            {rtol, 1000, "wiener_"});
  rejectUnusedPetscOptions();

  // 2. The solve and its floors, alternating.
  const VecHandle xi = A->domain().vec();
  std::vector<double> solve, floors;
  WienerResult result;
  resetPhaseTimes();
  for (int r = 0; r <= repeats; ++r) {
    const double floor = bareTransforms(image.shape().ny, image.shape().nx, 9);
    checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
    const double start = MPI_Wtime();
    static_cast<LinearResult&>(result) = filter.solver().solve(filter.rightHandSide(), xi);
    const double seconds = most(MPI_Wtime() - start);
    if (r == 0) {
      resetPhaseTimes();  // warm
      continue;
    }
    solve.push_back(seconds);
    floors.push_back(floor);
  }
  const double residual = filter.solver().trueResidual(filter.rightHandSide(), xi);
  const auto table = phaseTable(phaseTimes(PETSC_COMM_WORLD), std::accumulate(solve.begin(), solve.end(), 0.0));
  const double memory = most(peakMegabytes() - bareMemory), base = most(bareMemory);
  if (rankOf(PETSC_COMM_WORLD) != 0) return ExitCode::Success;
  // The start needs no application: a solve of n iterations applies the operator n + 1 times with its first residual.
  const double perIteration = median(solve) / (result.iterations + 1);
  fmt::print(stderr, "{}", table);
  fmt::print(
      "{{\"ranks\": {}, \"iterations\": {}, \"true_residual\": {:.3e}, \"solve_s\": {:.4f}, \"iteration_ms\": {:.3f}, "
      "\"four_transforms_ms\": {:.3f}, "
      "\"ratio\": {:.3f}, \"memory_MB\": {:.1f}, \"petsc_MB\": {:.1f}}}\n",
      sizeOf(PETSC_COMM_WORLD), result.iterations, residual, median(solve), 1e3 * perIteration, 1e3 * median(floors),
      perIteration / median(floors), memory, base);
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
