/// lacuna-massmap: galaxy shear in, weak-lensing convergence map with error bars out.
#include "base/run.hpp"
#include "config/build_inputs.hpp"
#include "config/build_massmap.hpp"
#include "config/build_noise.hpp"
#include "io/run_log.hpp"
#include "massmap/massmap_check.hpp"
#include "massmap/massmap_results.hpp"
#include "massmap/memory_plan.hpp"
#include "massmap/peaks.hpp"

using namespace lacuna;

namespace {

ExitCode massmap(const std::vector<std::string>& words) {
  // 1. What is wanted, and the names of the files before the work.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const double begin = MPI_Wtime();
  const auto run = startRun(comm, Program::Massmap, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  const bool makesMap = !run->line.plan && !run->line.check && !run->line.checkSigns;
  const bool withStd = wantsStd(inputs);
  std::optional<MassmapOutput> out;
  if (makesMap)
    out.emplace(comm, inputs.path("output.folder"), inputs.text("output.name"), inputs.flag("output.fits"), withStd,
                run->line.overwrite);
  RunLog log(comm, makesMap ? out->logPath() : "");
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
  MassmapResults results;
  results.e = mapper.prepare(field.gamma);
  rejectUnusedPetscOptions();
  mapper.solve(field.gamma, results.e, &log);
  results.residual = standardisedResidual(field, mapper, results.e.kappa, results.chi2PerDatum);
  results.kappaB = mapper.estimateB(field.gamma);
  results.kappaKs = field.image.space().vec();
  mapper.kaiserSquires(field.gamma, results.kappaKs);

  // 6. The posterior: standard deviation, S/N, peaks.
  if (withStd) {
    results.std = posteriorStd(mapper, *results.e.filter, field, problem.posterior(), &log);
    results.snr = signalToNoise(field, results.e.kappa, results.std);
    results.peaks = findPeaks(field, results.snr, results.e.kappa, inputs.number("peaks.threshold"));
  }

  // 7. The product.
  Product& product = out->product();
  product.origin({run->command, problem.posterior().seed, digestFiles(comm, problem.inputFiles()), inputs.echo(),
                  inputs.fileName()});
  writeMaps(product, field, results, options.method, problem.priorText());
  for (std::size_t i = 0; i < notes.size(); ++i) product.note("data" + std::to_string(i + 1), notes[i]);
  writeNoiseRealisations(product, problem, mapper, static_cast<int>(inputs.integer("noise.rotations")), &log);
  product.convergence(
      {inputs.text("solver.method"), results.e.result.reason, options.linear.rtol, log.history(results.e.solver())});
  product.performance(phaseTimes(comm));
  log.message(results.summary());
  const std::vector<std::string> written = out->commit(field, results);
  log.finish(results.e.result.reason, phaseTimes(comm), MPI_Wtime() - begin, written);
  return results.e.result.exitCode();
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, massmap); }
