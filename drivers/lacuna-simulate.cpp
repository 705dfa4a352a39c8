/// lacuna-simulate: a weak-lensing survey whose truth is known; its files are those of survey/mock_output.hpp. Or a
/// movie of photon counts: movie/simulate_movie.hpp.
#include <numbers>

#include "base/run.hpp"
#include "config/build_inputs.hpp"
#include "config/build_mock.hpp"
#include "config/build_sky.hpp"
#include "io/digest.hpp"
#include "io/run_log.hpp"
#include "movie/simulate_movie.hpp"
#include "operators/lensing.hpp"
#include "solvers/self_check.hpp"
#include "survey/mock_summary.hpp"

using namespace lacuna;

namespace {

ExitCode simulate(const std::vector<std::string>& words) {
  // 1. What is wanted.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const double begin = MPI_Wtime();
  const auto run = startRun(comm, Program::Simulate, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  if (inputs.text("simulation.kind") == "movie") return simulateMovie(comm, *run);
  const std::filesystem::path folder = inputs.path("output.folder");
  const std::string& name = inputs.text("output.name");
  const SkyGrid grid = mockGrid(inputs);
  const auto [shape, window] = mockImage(inputs);
  const Cube cube(std::make_shared<ProcessGrid>(comm, 1), shape);
  if (run->line.plan) {
    check(PetscPrintf(comm, "%s", mockPlan(inputs, cube).c_str()));
    return ExitCode::Success;
  }
  rejectUnusedPetscOptions();
  const auto fft = std::make_shared<const Fft>(cube, Planning::Estimate);  // measured plans may differ in the last bit
  const auto shear = lensing(fft);
  if (run->line.check) {
    const std::vector<CheckLine> lines{checkAdjoint("lensing, kappa -> gamma", *shear)};
    check(PetscPrintf(comm, "%s", checkTable(lines).c_str()));
    return lines[0].passed() ? ExitCode::Success : ExitCode::Diverged;
  }

  // 2. The names of the files, before the work.
  MockOutput out(comm, folder, name, inputs.flag("output.fits"), run->line.overwrite);
  RunLog log(comm, (folder / (name + ".jsonl")).string());
  log.start("lacuna-simulate", inputs.echo());

  // 3. The convergence: a random field, and haloes.
  const VecHandle kappa = cube.space().vec(), gamma = cube.withChannels(2).space().vec();
  const SkyMade made = drawSky(inputs, fft, kappa);
  if (!made.warning.empty()) log.message("warning: " + made.warning);
  const std::vector<MockHalo> haloes = mockHaloes(inputs);
  addHaloes(cube, window, grid, haloes, mockCosmology(inputs), inputs.number("haloes.source_redshift"), kappa);

  // 4. Its shear.
  shear->apply(kappa, gamma);

  // 5. The mask, and the galaxies that it leaves.
  const VecHandle mask = like(kappa), count = like(kappa);
  const MockSurvey survey = mockSurvey(inputs);
  drawMask(cube, window, inputs.number("mask.border_arcmin") / grid.pixelArcmin(), mockHoles(inputs, grid), mask);
  const MockGalaxies galaxies = drawGalaxies(cube, window, grid, mask, gamma, survey, count);

  // 6. The catalogue, and the truth.
  const MockTruth truth{cube, window, grid, kappa, gamma, count, mask, haloes};
  log.message("sky: " + made.text);
  log.message(summarize(truth, survey.densityPerArcmin2).text());
  out.catalogue(galaxies.columns());
  out.truth(truth);
  Product& product = out.product();
  product.note("sky", made.text);
  for (const auto& [key, text] : mockNotes(inputs)) product.note(key, text);
  product.origin({run->command, survey.seed, made.inputs, inputs.echo(), inputs.fileName()});
  const std::vector<PhaseTimes> phases = phaseTimes(comm);
  product.performance(phases);
  log.finish("all galaxies are drawn", phases, MPI_Wtime() - begin, out.commit());
  return ExitCode::Success;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, simulate); }
