/// bench_convolution PROBLEM.h5 PSF [ENGINE] [BOUNDARY]: a Richardson-Lucy iteration beside the four bare FFTW
/// transforms that FFT methods need for it, on the same ranks in the same process; and H, H^T alone. One line of JSON
/// on standard output. PROBLEM.h5 (tests/bench/make_blur_problem.py): counts [ny][nx] and PSFs.
#include <fmt/format.h>

#include "bare_transforms.hpp"
#include "base/run.hpp"
#include "io/h5_reader.hpp"
#include "operators/convolution.hpp"
#include "operators/psf_models.hpp"
#include "solvers/richardson_lucy.hpp"

using namespace lacuna;

namespace {

template <class F>
double seconds(double (*clock)(), F&& work) {
  checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
  const double start = clock();
  work();
  return most(clock() - start);
}
double least(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }

ExitCode bench(const std::vector<std::string>& words) {
  if (words.size() < 2) throw Error(ExitCode::Usage, "usage: bench_convolution PROBLEM.h5 PSF [ENGINE] [BOUNDARY]");
  const std::string engine = words.size() > 2 ? words[2] : "auto", border = words.size() > 3 ? words[3] : "zero";
  const Boundary boundary = border == "reflect"    ? Boundary::Reflect
                            : border == "periodic" ? Boundary::Periodic
                                                   : Boundary::Zero;
  const H5Reader file(PETSC_COMM_WORLD, words[0]);
  const auto shape = file.shape("counts"), psfShape = file.shape(words[1]);
  const Cube image(std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, 1),
                   {1, 1, 1, static_cast<PetscInt>(shape[0]), static_cast<PetscInt>(shape[1])});
  Psf psf{1, static_cast<PetscInt>(psfShape[0]), static_cast<PetscInt>(psfShape[1]), {}, file.readValues(words[1])};
  psf.center = centerOf(psf, "middle");
  const VecHandle counts = image.space().vec(), x = image.space().vec(), mu = image.space().vec();
  file.readField("counts", image, image.wholeWindow(), 0, counts);
  const auto H = Convolution::make(image, image, {psf}, {boundary, Region::Same, engine, false});
  const RichardsonLucy solver(H, counts);
  rejectUnusedPetscOptions();

  double (*const clock)() = sizeOf(PETSC_COMM_WORLD) > 1 ? MPI_Wtime : cpuSeconds;
  constexpr int iterations = 8, rounds = 7;
  std::vector<double> iteration, once, floors, wall;
  for (int r = 0; r < rounds; ++r) {
    floors.push_back(bareTransforms(image.shape().ny, image.shape().nx, 3, clock));
    check(VecSet(x, 0.5));
    const double start = seconds(clock, [&] { solver.solve(x, {0, false, 0}); });
    const double walled = MPI_Wtime();
    iteration.push_back((seconds(clock, [&] { solver.solve(x, {iterations, false, 0}); }) - start) / iterations);
    wall.push_back(most(MPI_Wtime() - walled) / (iterations + 1));
    once.push_back(seconds(clock,
                           [&] {
                             H->apply(x, mu);
                             H->applyAdjoint(mu, x);
                           }) /
                   2);
  }
  if (rankOf(PETSC_COMM_WORLD) != 0) return ExitCode::Success;
  fmt::print(stderr, "{}\n", H->choiceText());
  fmt::print(
      "{{\"ranks\": {}, \"psf\": \"{}\", \"iteration_ms\": {:.2f}, \"wall_ms\": {:.2f}, \"convolution_ms\": {:.2f}, "
      "\"four_transforms_ms\": "
      "{:.2f}, \"ratio\": {:.3f}, \"memory_MB\": {:.1f}}}\n",
      sizeOf(PETSC_COMM_WORLD), words[1], 1e3 * least(iteration), 1e3 * least(wall), 1e3 * least(once),
      1e3 * least(floors), least(floors) / least(iteration), 1e-6 * static_cast<double>(H->bytes()));
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
