/// lacuna-massmap: galaxy shear in, weak-lensing convergence map with error bars out.
#include "base/run.hpp"
#include "config/build_checkpoints.hpp"
#include "config/build_noise.hpp"
#include "massmap/massmap_check.hpp"
#include "massmap/massmap_results.hpp"
#include "massmap/memory_plan.hpp"
#include "massmap/peaks.hpp"

using namespace lacuna;

namespace {

ExitCode massmap(const std::vector<std::string>& words) {
  // 1. What is wanted, and the names of the files before the work.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  auto run = startRun(comm, Program::Massmap, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  const bool withStd = wantsStd(inputs);
  std::optional<MassmapOutput> out;
  if (run->line.makesProduct())
    out.emplace(comm, inputs.path("output.folder"), inputs.text("output.name"), inputs.flag("output.fits"), withStd,
                run->line.overwrite);
  RunLog log(comm, out ? out->logPath() : "", run->resumption.logMode());
  log.start("lacuna-massmap", inputs.echo());

  // 2. The grid, and what the run will keep in memory.
  const MassmapProblem problem(comm, inputs);
  const MassMapOptions options = problem.options();
  for (const std::string& note : problem.notes()) log.message(note);
  log.layout(problem.image());
  const MemoryPlan plan = planMassmap(problem.image(), options.method, withStd);
  log.message(plan.text(comm));
  if (run->line.plan) return ExitCode::Success;
  plan.requireRoom(comm, problem.gridText());
  if (out) out->requireSpace(problem.window(), inputs.integer("noise.rotations"));
  const auto keeper = out ? keepCheckpoints(comm, *run, log, problem.image().shape(), problem.inputFiles()) : nullptr;

  // 3. The data, binned.
  std::vector<std::string> notes;
  const ShearField field = problem.read(&notes);
  for (const std::string& note : notes) log.message(note);
  const auto fft = std::make_shared<const Fft>(problem.image());
  if (run->line.checkSigns) {
    log.message(checkSigns(field, fft, problem.clusters(), problem.posterior().seed).text());
    return ExitCode::Success;
  }

  // 4. The prior and the estimator.
  std::optional<GaussianField> prior;
  if (problem.spectrum()) prior.emplace(fft, *problem.spectrum(), problem.pixelRadian());
  const MassMapper mapper(field, fft, prior ? &*prior : nullptr, options);
  if (run->line.check) {
    const auto lines = checkMassmap(field, fft, problem.spectrum(), mapper, options, problem.pixelRadian());
    log.message(checkTable(lines));
    return allPassed(lines) ? ExitCode::Success : ExitCode::Diverged;
  }

  // 5. The maps: E, its residual, the same estimator for B, and Kaiser-Squires beside them.
  const Space& image = field.image.space();
  MassmapResults results;
  results.e = mapper.prepare(field.gamma);
  rejectUnusedPetscOptions();
  Stage e(keeper.get(), "kappa_E", results.e.state(image));
  e.once([&] { mapper.solve(field.gamma, results.e, keeper.get()); });
  results.residual = standardisedResidual(field, mapper, results.e.kappa, results.chi2PerDatum);
  const KeptVec b(keeper.get(), "kappa_B", image, results.kappaB,
                  [&] { return mapper.estimateB(field.gamma, keeper.get()); });
  mapper.kaiserSquires(field.gamma, results.kappaKs = image.vec());

  // 6. The posterior: standard deviation, S/N, peaks.
  std::optional<KeptVec> std;
  if (withStd) {
    std.emplace(keeper.get(), "std", image, results.std,
                [&] { return posteriorStd(mapper, *results.e.filter, field, problem.posterior(), keeper.get()); });
    results.snr = signalToNoise(field, results.e.kappa, results.std);
    results.peaks = findPeaks(field, results.snr, results.e.kappa, inputs.number("peaks.threshold"));
  }

  // 7. The product.
  Product& product = out->product();
  writeMaps(product, field, results, options.method, problem.priorText());
  for (std::size_t i = 0; i < notes.size(); ++i) product.note("data" + std::to_string(i + 1), notes[i]);
  writeNoiseRealisations(product, problem, mapper, static_cast<int>(inputs.integer("noise.rotations")), *keeper);
  product.origin(originOf(*run, *keeper, problem.posterior().seed));
  product.convergence(
      {inputs.text("solver.method"), results.e.result.reason, options.linear.rtol, log.history(results.e.solver())});
  product.performance(phaseTimes(comm));
  log.message(results.summary());
  const std::vector<std::string> written = out->commit(field, results);
  log.finish(results.e.result.reason, phaseTimes(comm), secondsSinceStart(), written);
  keeper->complete(results.e.result.limited);
  return results.e.result.exitCode();
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, massmap); }
