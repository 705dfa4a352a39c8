/// lacuna-solve: counts ~ noise(exposure * (H x) + background) with any sparse matrix H; the unknown x out.
#include "base/run.hpp"
#include "config/build_inputs.hpp"
#include "config/build_solve.hpp"
#include "deconvolve/deconvolve_check.hpp"
#include "deconvolve/deconvolve_output.hpp"
#include "deconvolve/deconvolve_results.hpp"
#include "deconvolve/estimate_image.hpp"
#include "deconvolve/posterior.hpp"
#include "io/run_log.hpp"

using namespace lacuna;

namespace {

ExitCode solve(const std::vector<std::string>& words) {
  // 1. What is wanted, and the matrix.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  const double begin = MPI_Wtime();
  const auto run = startRun(comm, Program::Solve, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  const SolveProblem problem(comm, inputs);
  const DeconvolveOptions options = problem.options();

  // 2. The names of the files before the work, and what the run will keep in memory.
  std::optional<DeconvolveOutput> out;
  if (!run->line.plan && !run->line.check)
    out.emplace(comm, "lacuna-solve", inputs.path("output.folder"), inputs.text("output.name"),
                problem.source().formats(), options.samples > 1, run->line.overwrite);
  RunLog log(comm, out ? out->logPath() : "");
  log.start("lacuna-solve", inputs.echo());
  for (const std::string& note : problem.notes()) log.message(note);
  log.layout(problem.unknown());
  const MemoryPlan plan = problem.plan();
  log.message(plan.text(comm));
  if (run->line.plan) return ExitCode::Success;
  plan.requireRoom(comm, problem.source().sizeText());
  if (out) out->requireSpace(problem.data(), problem.unknown());

  // 3. The data, and how they came about.
  ImagingModel model = imagingModel(problem.source().read(), problem.unknown(), problem.H(), problem.text(), options);
  model.line = problem.source().isLine();
  model.unknownLine = problem.unknownIsLine();
  if (run->line.check) {
    const auto lines = checkDeconvolution(model, problem.priors(), options);
    log.message(checkTable(lines));
    return allPassed(lines) ? ExitCode::Success : ExitCode::Diverged;
  }

  // 4. The estimate, and how well it fits; draws around it.
  rejectUnusedPetscOptions();
  DeconvolveResults results;
  results.estimate = estimateImage(model, problem.priors(), options, &log);
  judge(model, options, results);
  if (options.samples > 1) results.std = posteriorStd(model, problem.priors(), options, results.estimate, &log);

  // 5. The product.
  Product& product = out->product();
  product.origin(
      {run->command, options.seed, digestFiles(comm, problem.inputFiles()), inputs.echo(), inputs.fileName()});
  const ProductStack stack = problem.source().stack();
  writeImages(product, model, results, stack);
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

int main(int argc, char** argv) { return run(argc, argv, solve); }
