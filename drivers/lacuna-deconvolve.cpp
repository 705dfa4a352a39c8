/// lacuna-deconvolve: blurred, noisy images, stacks and movies in; the image before blur and noise out.
#include "base/run.hpp"
#include "config/build_imaging.hpp"
#include "deconvolve/deconvolve_check.hpp"
#include "deconvolve/memory_plan.hpp"
#include "deconvolve/solve_and_write.hpp"

using namespace lacuna;

namespace {

ExitCode deconvolve(const std::vector<std::string>& words) {
  // 1. What is wanted, and the names of the files before the work.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  auto run = startRun(comm, Program::Deconvolve, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  const ImagingProblem problem(comm, inputs);
  const DeconvolveOptions options = problem.options();
  std::optional<DeconvolveOutput> out;
  if (run->line.makesProduct())
    out.emplace(comm, "lacuna-deconvolve", inputs.path("output.folder"), inputs.text("output.name"),
                problem.source().formats(), options.samples > 1, run->line.overwrite);
  RunLog log(comm, out ? out->logPath() : "", run->resumption.logMode());
  log.start("lacuna-deconvolve", inputs.echo());

  // 2. What the run will keep in memory.
  for (const std::string& note : problem.notes()) log.message(note);
  log.layout(problem.unknown());
  const MemoryPlan plan = planDeconvolve(problem.data(), problem.unknown(), problem.psfs(), problem.priors(), options,
                                         problem.source().fields());
  log.message(plan.text(comm));
  if (run->line.plan) return ExitCode::Success;
  plan.requireRoom(comm, problem.source().sizeText());
  if (out) out->requireSpace(problem.data(), problem.unknown());
  const auto keeper = out ? keepCheckpoints(comm, *run, log, problem.unknown().shape(), problem.inputFiles()) : nullptr;

  // 3. The data, and how they came about.
  ImagingModel model = imagingModel(problem.source().read(), problem.unknown(), problem.psfs(), options);
  model.line = model.unknownLine = problem.source().isLine();
  log.message("blur: " + model.blurText);
  if (run->line.check) {
    const auto lines = checkDeconvolution(model, problem.priors(), options);
    log.message(checkTable(lines));
    return allPassed(lines) ? ExitCode::Success : ExitCode::Diverged;
  }

  // 4. The estimate, draws around it, the product.
  return solveAndWrite(model, problem.priors(), options, *run, problem.source().stack(model), problem.notes(), *keeper,
                       log, *out);
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, deconvolve); }
