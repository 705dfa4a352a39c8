/// bench_proximal CASE FOLDER [GAP]: ADMM with penalties of its own choice on a case of make_poisson_problems.py
/// (b2mle, b2map, b4, b5), until its energy (deviance/2 + priors) is GAP nats above the optimum. One line of JSON on
/// standard output; seconds are those of the iterations, the measuring of FFTW's plans in the midst of them included,
/// without the evaluations of the energy that only the trace needs. Then an iteration (CPU time on one rank) beside its
/// floors, measured in turn: its four bare FFTW transforms a frame, and the bytes that it must move at the bandwidth of
/// arrays of that size; `ratio` is to their sum. The square roots and divisions of the proximal steps are stated apart.
/// FOLDER: PREFIX_counts.npy, PREFIX_psf.npy, with PREFIX b2, b4 or b5. PETSc options, after --: -optimum E,
/// -iterations N, -time_ranks T, -single 1, -trace 1.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "base/phase.hpp"
#include "base/run.hpp"
#include "floors.hpp"
#include "model/poisson_noise.hpp"
#include "priors/markov_prior.hpp"
#include "priors/smoothness.hpp"
#include "priors/sparsity.hpp"
#include "solvers/admm.hpp"
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

/// Bytes that an iteration must move on this rank, beside what its transforms read and write of their own arrays: every
/// array of the state read once and written once in each of the sweeps that need it, a real number 8, of n pixels of
/// the padded grid, N of the image, with m modes a pixel (about half).
struct Traffic {
  double data, bound, slope, spectra;
  double all() const { return data + bound + slope + spectra; }
};
Traffic trafficOf(const ConvexProblem& p, double n, double N, double m) {
  const double axes = p.totalVariation > 0 ? 2 : 0;
  Traffic t{};
  t.data = 4 * 8 * n + (p.background ? 16 : 8) * N;   // s and r back and forth, the counts, the background
  t.bound = 3 * 8 * n;                                // s; s back and forth
  t.slope = (2 * axes + (axes > 0 ? 2 : 0)) * 8 * n;  // s of each axis back and forth, their divergence there and back
  // The transfer function and the factor once. With a chain the transfer function twice, the factor in both sweeps, and
  // x written by the data, back and forth in the forward sweep, read in the backward one and for h * x.
  t.spectra = (p.chain ? 2 * 16 + 2 * 8 + 5 * 16 : 16 + 8) * m * n;
  return t;
}

/// Milliseconds of an iteration beside its floors, measured in turn; the medians of the rounds.
struct Cost {
  double iteration, transforms, traffic, arithmetic, gigabytes;  ///< GB/s
  double ratio, ratioWithArithmetic;
};
Cost costOf(ConvexProblem p, const Penalties& penalties, Vec x, bool single) {
  p.planning = Planning::Measure;  // as in a long run
  const Cube grid(p.image.gridPointer(), proximalGrid(p));
  const Modes modes(grid);
  const double n = static_cast<double>(grid.space().local()), N = static_cast<double>(p.image.space().local());
  const PetscInt frames = grid.box().count[0], line = p.image.shape().nx;
  const double m = n > 0 ? static_cast<double>(modes.perPlane() * modes.planes()) / n : 0;
  const Traffic bytes = trafficOf(p, n, N, m);
  const bool alone = grid.grid().spaceSize() == 1;
  Admm admm(p, 1.8);
  admm.start(x);
  admm.setPenalties(penalties);
  if (single) admm.setPrecision(Admm::Precision::Single);
  const int batch = frames > 1 ? 2 : 10;
  admm.iterate();
  std::vector<double> iteration, transforms, traffic, arithmetic, rate, ratio, both;
  for (int round = 0; round < 7; ++round) {
    transforms.push_back(
        1e3 * static_cast<double>(frames) *
        bareTransforms(grid.shape().ny, grid.shape().nx, 9, benchClock(), alone ? PETSC_COMM_SELF : PETSC_COMM_WORLD));
    iteration.push_back(1e3 *
                        bestOf(2,
                               [&] {
                                 for (int i = 0; i < batch; ++i) admm.iterate();
                               }) /
                        batch);
    // What the state takes: the arrays above, each once.
    const double state = n * (8 * (2 + 1 + (p.totalVariation > 0 ? 3 : 0)) + (16 + 8) * m) + 16 * N;
    rate.push_back(bandwidth(static_cast<std::int64_t>(state)));
    traffic.push_back(1e3 * most(bytes.all() / rate.back()));
    const auto pixels = static_cast<PetscInt>(N);
    arithmetic.push_back(
        1e3 * (proxSeconds(*p.noise, line, pixels) + (p.totalVariation > 0 ? 2 * shrinkSeconds(line, pixels) : 0)));
    ratio.push_back(iteration.back() / (transforms.back() + traffic.back()));
    both.push_back(iteration.back() / (transforms.back() + traffic.back() + arithmetic.back()));
  }
  return {median(iteration),   median(transforms), median(traffic), median(arithmetic),
          1e-9 * median(rate), median(ratio),      median(both)};
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
  options.iterations = static_cast<int>(option("-iterations", 2000));
  options.single = option("-single", 0) > 0;
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
  const VecHandle start = like(x);
  check(VecCopy(x, start));
  // Where single precision gives way to double: not far beyond what is asked for.
  options.rtol = 0.25 * gap / (energy(start) - optimum);
  Penalties penalties{1, 1, 1};
  try {
    penalties = solveProximal(p, watched, options, x, &clock).penalties;
  } catch (const Reached&) {
  }
  const int iterations = 10 * evaluations;
  const auto table = phaseTable(phaseTimes(PETSC_COMM_WORLD), seconds);
  const Cost cost = costOf(p, penalties, start, options.single);
  if (rankOf(PETSC_COMM_WORLD) != 0) return ExitCode::Success;
  fmt::print(stderr, "{}", table);
  fmt::print(
      "{{\"case\": \"{}\", \"ranks\": {}, \"iterations\": {}, \"gap\": {:.5g}, \"seconds\": {:.3f}, \"iteration_ms\": "
      "{:.2f}, \"transforms_ms\": {:.2f}, \"traffic_ms\": {:.2f}, \"GB_per_s\": {:.1f}, \"arithmetic_ms\": {:.2f}, "
      "\"ratio\": {:.2f}, \"ratio_with_arithmetic\": {:.2f}}}\n",
      c.name, sizeOf(PETSC_COMM_WORLD), iterations, reached - optimum, seconds, cost.iteration, cost.transforms,
      cost.traffic, cost.gigabytes, cost.arithmetic, cost.ratio, cost.ratioWithArithmetic);
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, bench); }
