/// bench_proximal CASE FOLDER [GAP]: ADMM with penalties of its own choice on a case of make_poisson_problems.py
/// (b2mle, b2map, b4, b5), until its energy (deviance/2 + priors) is GAP nats above the optimum. One line of JSON on
/// standard output; seconds are those of the iterations, without planning the transforms and without the evaluations of
/// the energy that only the trace needs, and the floor is that of an iteration's bare transforms in the same run.
/// FOLDER: PREFIX_counts.npy, PREFIX_psf.npy, with PREFIX b2, b4 or b5. PETSc options, after --: -optimum E,
/// -iterations N, -time_ranks T, -trace 1.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "base/phase.hpp"
#include "base/run.hpp"
#include "grid/fft.hpp"
#include "model/poisson_noise.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "priors/sparsity.hpp"
#include "solvers/proximal.hpp"

using namespace lacuna;

namespace {

struct Case {
  std::string name, stem;
  PetscInt frames, n, psf;
  Boundary boundary;
  double smooth, tv, walk, optimum;
};
const std::vector<Case> cases = {{"b2mle", "b2", 1, 632, 5, Boundary::Zero, 0, 0, 0, 110998.629},
                                 {"b2map", "b2", 1, 632, 5, Boundary::Zero, 5e-4, 0, 0, 542948.38403},
                                 {"b4", "b4", 1, 512, 9, Boundary::Periodic, 0, 0.25, 0, 185179.75},
                                 {"b5", "b5", 64, 256, 9, Boundary::Periodic, 0, 0, 0.6, 2188050.355}};

/// The last `count` doubles of a .npy file, read by every rank.
std::vector<double> readNpy(const std::string& path, std::size_t count) {
  std::vector<double> values(count);
  std::FILE* f = std::fopen(path.c_str(), "rb");
  const bool read = f && std::fseek(f, -static_cast<long>(count * sizeof(double)), SEEK_END) == 0 &&
                    std::fread(values.data(), sizeof(double), count, f) == count;
  if (f) std::fclose(f);
  if (!read) throw Error(ExitCode::NoInput, path + ": cannot read " + std::to_string(count) + " numbers");
  return values;
}

double option(const char* name, double value) {
  check(PetscOptionsGetReal(nullptr, nullptr, name, &value, nullptr));
  return value;
}

/// Seconds of the transforms of an iteration alone, with rows and lines copied in and out.
double bareTransforms(const Cube& grid) {
  const Fft fft(grid);
  const std::size_t line = static_cast<std::size_t>(fft.modes().lineLength()) * fft.modes().inner();
  std::vector<double> field(static_cast<std::size_t>(grid.space().local()), 1.0);
  std::vector<Fft::Complex> spectrum(static_cast<std::size_t>(fft.modes().perPlane()));
  const std::size_t plane =
      fft.modes().planes() > 0 ? field.size() / static_cast<std::size_t>(fft.modes().planes()) : 0;
  double best = 1e300;
  for (int repeat = 0; repeat < 5; ++repeat) {
    checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
    const double start = MPI_Wtime();
    for (PetscInt t = 0; t < fft.modes().planes(); ++t) {
      double* here = field.data() + static_cast<std::size_t>(t) * plane;
      for (int twice = 0; twice < 2; ++twice) {
        fft.forward(
            1,
            [&](PetscInt, PetscInt first, PetscInt n, double* rows) {
              std::copy_n(here + first * fft.rowLength(), n * fft.rowLength(), rows);
            },
            [&](PetscInt, PetscInt first, PetscInt n, Fft::Complex* lines) {
              std::copy_n(lines, n * line, spectrum.data() + first * line);
            });
        fft.backward(
            1,
            [&](PetscInt, PetscInt first, PetscInt n, Fft::Complex* lines) {
              std::copy_n(spectrum.data() + first * line, n * line, lines);
            },
            [&](PetscInt, PetscInt first, PetscInt n, double* rows) {
              std::copy_n(rows, n * fft.rowLength(), here + first * fft.rowLength());
            });
      }
      std::fill_n(here, plane, 1.0);
    }
    double mine = MPI_Wtime() - start, slowest = 0;
    checkMpi(MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
    best = std::min(best, slowest);
  }
  return best;
}

ExitCode bench(const std::vector<std::string>& words) {
  if (words.size() < 2) throw Error(ExitCode::Usage, "usage: bench_proximal CASE FOLDER [GAP] [-- OPTIONS]");
  const auto found = std::find_if(cases.begin(), cases.end(), [&](const Case& c) { return c.name == words[0]; });
  if (found == cases.end()) throw Error(ExitCode::Usage, "no such case: " + words[0]);
  const Case& c = *found;
  const double gap = words.size() > 2 ? std::stod(words[2]) : 1, optimum = option("-optimum", c.optimum);

  // 1. The problem. Start: the mean over frames, or over the image.
  const auto grid =
      std::make_shared<ProcessGrid>(PETSC_COMM_WORLD, c.frames, static_cast<int>(option("-time_ranks", 0)));
  const Cube cube(grid, {c.frames, 1, 1, c.n, c.n});
  const std::string stem = words[1] + "/" + c.stem;
  const std::size_t plane = static_cast<std::size_t>(c.n * c.n);
  const std::vector<double> counts = readNpy(stem + "_counts.npy", plane * static_cast<std::size_t>(c.frames));
  const VecHandle y = cube.space().vec(), x = like(y), b = like(y), mu = like(y);
  check(VecSet(b, 1));
  const double overall = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  {
    const WriteLocal data(y), start(x);
    for (const NaturalRun& run : cube.space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i) {
        const auto at = static_cast<std::size_t>(run.natural + i);
        double mean = c.frames > 1 ? 0 : overall;
        for (std::size_t t = 0; c.frames > 1 && t < static_cast<std::size_t>(c.frames); ++t)
          mean += counts[t * plane + at % plane] / static_cast<double>(c.frames);
        data[run.local + i] = counts[at];
        start[run.local + i] = std::max(mean - 1, 0.1);
      }
  }
  const Psf psf{
      1, c.psf, c.psf, {0, c.psf / 2, c.psf / 2}, readNpy(stem + "_psf.npy", static_cast<std::size_t>(c.psf * c.psf))};
  const auto blur = Convolution::make(cube, cube, {psf}, {.boundary = c.boundary});
  ConvexProblem p(*blur);
  p.noise = std::make_shared<PoissonNoise>(cube.space(), y);
  p.background = b;
  p.smooth = c.smooth;
  p.totalVariation = c.tv;
  if (c.walk > 0) p.chain = randomWalk(static_cast<std::size_t>(c.frames), c.walk, 10, 10);

  // 2. Its energy.
  std::unique_ptr<Term> prior;
  if (c.smooth > 0) prior = std::make_unique<Smoothness>(cube, c.smooth);
  if (c.walk > 0) prior = std::make_unique<MarkovPrior>(cube, *p.chain);
  const auto tv = c.tv > 0 ? totalVariation(cube, c.tv, 1e-3) : nullptr;
  double unclocked = 0;  ///< seconds of evaluations
  const auto energy = [&](Vec z) {
    blur->apply(z, mu);
    check(VecAXPY(mu, 1, b));
    return 0.5 * p.noise->deviance(mu) + (prior ? prior->at(z)->value() : 0) + (tv ? tv->exactValue(z) : 0);
  };

  // 3. The solve.
  ProximalOptions options;
  options.rtol = 0;
  options.iterations = static_cast<int>(option("-iterations", 2000));
  options.firstPenalty = option("-first_penalty", options.firstPenalty);
  struct Reached {};
  const bool trace = option("-trace", 0) > 0;
  rejectUnusedPetscOptions();
  int evaluations = -1;
  double reached = 0, seconds = 0, begun = 0;
  const auto watched = [&](Vec z) {
    const double before = MPI_Wtime();
    reached = energy(z);
    ++evaluations;
    seconds = before - begun - unclocked;
    if (trace && rankOf(PETSC_COMM_WORLD) == 0)
      fmt::print(stderr, "{} {:.5f} {:.2f}\n", 10 * evaluations, reached, seconds);
    if (reached < optimum + gap) throw Reached{};
    unclocked += MPI_Wtime() - before;
    return reached;
  };
  struct Clock final : Observer {
    std::function<void()> first;
    void iteration(const Progress& p) override {
      if (p.iteration == 0) first();
    }
  } clock;
  clock.first = [&] {
    checkMpi(MPI_Barrier(PETSC_COMM_WORLD));
    resetPhaseTimes();
    begun = MPI_Wtime();
    unclocked = 0;
  };
  try {
    solveProximal(p, watched, options, x, &clock);
  } catch (const Reached&) {
  }
  const int iterations = 10 * evaluations;
  const auto table = phaseTable(phaseTimes(PETSC_COMM_WORLD), seconds);
  const double floor = bareTransforms(Cube(grid, proximalGrid(p)));
  if (rankOf(PETSC_COMM_WORLD) != 0) return ExitCode::Success;
  fmt::print(stderr, "{}", table);
  fmt::print(
      "{{\"case\": \"{}\", \"ranks\": {}, \"iterations\": {}, \"gap\": {:.5f}, \"seconds\": {:.3f}, \"iteration_ms\": "
      "{:.2f}, "
      "\"transforms_ms\": {:.2f}}}\n",
      c.name, sizeOf(PETSC_COMM_WORLD), iterations, reached - optimum, seconds, 1e3 * seconds / std::max(iterations, 1),
      1e3 * floor);
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
