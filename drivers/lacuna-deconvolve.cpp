/// lacuna-deconvolve: blurred, noisy images, stacks and movies in; the image before blur and noise out.
#include "base/run.hpp"
#include "config/build_imaging.hpp"
#include "config/build_inputs.hpp"
#include "deconvolve/deconvolve_check.hpp"
#include "deconvolve/deconvolve_output.hpp"
#include "deconvolve/deconvolve_results.hpp"
#include "deconvolve/estimate_image.hpp"
#include "deconvolve/memory_plan.hpp"
#include "deconvolve/posterior.hpp"
#include "io/run_log.hpp"

using namespace lacuna;

namespace {

ExitCode deconvolve(const std::vector<std::string>& words) {
  // 1. What is wanted, and the names of the files before the work.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const double begin = MPI_Wtime();
  const auto run = startRun(comm, Program::Deconvolve, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  const ImagingProblem problem(comm, inputs);
  const DeconvolveOptions options = problem.options();
  std::optional<DeconvolveOutput> out;
  if (!run->line.plan && !run->line.check)
    out.emplace(comm, "lacuna-deconvolve", inputs.path("output.folder"), inputs.text("output.name"),
                problem.source().formats(), options.samples > 1, run->line.overwrite);
  RunLog log(comm, out ? out->logPath() : "");
  log.start("lacuna-deconvolve", inputs.echo());

  // 2. What the run will keep in memory.
  for (const std::string& note : problem.notes()) log.message(note);
  log.layout(problem.unknown());
  const MemoryPlan plan = planDeconvolve(problem.data(), problem.unknown(), problem.psfs(), problem.priors(), options);
  log.message(plan.text(comm));
  if (run->line.plan) return ExitCode::Success;
  plan.requireRoom(comm, problem.source().sizeText());
  if (out) out->requireSpace(problem.data(), problem.unknown());

  // 3. The data, and how they came about.
  ImagingModel model = imagingModel(problem.source().read(), problem.unknown(), problem.psfs(), options);
  model.line = model.unknownLine = problem.source().isLine();
  log.message("blur: " + model.blurText);
  if (run->line.check) {
    const auto lines = checkDeconvolution(model, problem.priors(), options);
    log.message(checkTable(lines));
    return allPassed(lines) ? ExitCode::Success : ExitCode::Diverged;
  }

  // 4. The estimate, and how well it fits.
  rejectUnusedPetscOptions();
  DeconvolveResults results;
  results.estimate = estimateImage(model, problem.priors(), options, &log);
  judge(model, options, results);

  // 5. The posterior: draws around the estimate.
  if (options.samples > 1) results.std = posteriorStd(model, problem.priors(), options, results.estimate, &log);

  // 6. The product.
  Product& product = out->product();
  product.origin(
      {run->command, options.seed, digestFiles(comm, problem.inputFiles()), inputs.echo(), inputs.fileName()});
  const ProductStack stack = problem.source().stack();
  writeImages(product, model, results, stack);
  for (std::size_t i = 0; i < problem.notes().size(); ++i)
    product.note("run" + std::to_string(i + 1), problem.notes()[i]);
  writeNotes(product, model, results);
  product.convergence(
      {results.estimate.method, results.estimate.reason, options.rtol, historyOf(log, results.estimate)});
  product.performance(phaseTimes(comm));
  log.message(results.summary());
  const std::vector<std::string> written = out->commit(model, results, stack.fitsCards);
  log.finish(results.estimate.reason, phaseTimes(comm), MPI_Wtime() - begin, written);
  return results.estimate.exitCode();
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, deconvolve); }
