/// bench_convolution PROBLEM.h5 PSF [ENGINE] [BOUNDARY]: a Richardson-Lucy iteration beside the four bare FFTW
/// transforms that FFT methods need for it, on the same ranks in the same process; and H, H^T alone. Then an iteration
/// of Richardson-Lucy, and one of Newton's conjugate gradients, beside their floors: the two convolutions at the speed
/// that they have alone, and the vectors that the rest must read and write at the bandwidth of the machine. One line of
/// JSON on standard output. PROBLEM.h5 (tests/bench/make_blur_problem.py): counts [ny][nx] and PSFs.
#include <fmt/format.h>

#include "base/run.hpp"
#include "floors.hpp"
#include "io/h5_reader.hpp"
#include "operators/algebra.hpp"
#include "operators/convolution.hpp"
#include "operators/psf_models.hpp"
#include "solvers/newton_step.hpp"
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

  // Bytes a pixel. Richardson-Lucy: y and the mean, which becomes the ratio; x, the correction, 1 / H^T 1. Conjugate
  // gradients: the weights; p.q; x and r from p and q, and r.r; p from r.
  constexpr double bytesOfStep = 3 * 8 + 4 * 8, bytesOfProduct = 8 + 2 * 8 + 6 * 8 + 3 * 8;
  VecHandle w = image.space().vec();
  const VecHandle g = image.space().vec();
  check(VecSet(w, 0.3));
  const OperatorPointer gramOfH = gram(H, std::move(w));
  double (*const clock)() = benchClock();
  constexpr int iterations = 8, rounds = 7;
  std::vector<double> iteration, once, floors, wall, product, rate;
  for (int r = 0; r < rounds; ++r) {
    floors.push_back(bareTransforms(image.shape().ny, image.shape().nx, 3, clock));
    check(VecSet(x, 0.5));
    const double start = seconds(clock, [&] { solver.solve(x, {0, false}); });
    const double walled = MPI_Wtime();
    iteration.push_back((seconds(clock, [&] { solver.solve(x, {iterations, false}); }) - start) / iterations);
    wall.push_back(most(MPI_Wtime() - walled) / (iterations + 1));
    once.push_back(seconds(clock,
                           [&] {
                             H->apply(x, mu);
                             H->applyAdjoint(mu, x);
                           }) /
                   2);
    check(VecCopy(counts, g));
    int products = 1;
    product.push_back(
        seconds(clock,
                [&] {
                  products = newtonStep(*gramOfH, nullptr, g, nullptr, {.known = 1e300, .iterations = 6}, x).iterations;
                }) /
        products);
    rate.push_back(bandwidth(5 * 8 * image.space().local()));
  }
  const double perByte = most(static_cast<double>(image.space().local()) / *std::max_element(rate.begin(), rate.end()));
  const double stepFloor = 2 * least(once) + bytesOfStep * perByte,
               productFloor = 2 * least(once) + bytesOfProduct * perByte;
  if (rankOf(PETSC_COMM_WORLD) != 0) return ExitCode::Success;
  fmt::print(stderr, "{}\n", H->choiceText());
  fmt::print(
      "{{\"ranks\": {}, \"psf\": \"{}\", \"iteration_ms\": {:.2f}, \"wall_ms\": {:.2f}, \"convolution_ms\": {:.2f}, "
      "\"four_transforms_ms\": {:.2f}, \"ratio\": {:.3f}, \"memory_MB\": {:.1f}, \"GB_per_s\": {:.1f}, \"floor_ms\": "
      "{:.2f}, "
      "\"iteration_to_floor\": {:.2f}, \"cg_ms\": {:.2f}, \"cg_floor_ms\": {:.2f}, \"cg_to_floor\": {:.2f}}}\n",
      sizeOf(PETSC_COMM_WORLD), words[1], 1e3 * least(iteration), 1e3 * least(wall), 1e3 * least(once),
      1e3 * least(floors), least(floors) / least(iteration), 1e-6 * static_cast<double>(H->bytes()),
      1e-9 * *std::max_element(rate.begin(), rate.end()), 1e3 * stepFloor, least(iteration) / stepFloor,
      1e3 * least(product), 1e3 * productFloor, least(product) / productFloor);
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
