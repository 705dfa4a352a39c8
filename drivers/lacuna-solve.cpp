/// lacuna-solve: counts ~ noise(exposure * (H x) + background) with any sparse matrix H; the unknown x out.
#include "base/run.hpp"
#include "config/build_solve.hpp"
#include "deconvolve/deconvolve_check.hpp"
#include "deconvolve/solve_and_write.hpp"

using namespace lacuna;

namespace {

ExitCode solve(const std::vector<std::string>& words) {
  // 1. What is wanted, and the matrix.
  const MPI_Comm comm = PETSC_COMM_WORLD;
  auto run = startRun(comm, Program::Solve, words);
  if (!run) return ExitCode::Success;
  const Inputs& inputs = run->inputs;
  const SolveProblem problem(comm, inputs);
  const DeconvolveOptions options = problem.options();

  // 2. The names of the files before the work, and what the run will keep in memory.
  std::optional<DeconvolveOutput> out;
  if (run->line.makesProduct())
    out.emplace(comm, "lacuna-solve", inputs.path("output.folder"), inputs.text("output.name"),
                problem.source().formats(), options.samples > 1, run->line.overwrite);
  RunLog log(comm, out ? out->logPath() : "", run->resumption.logMode());
  log.start("lacuna-solve", inputs.echo());
  for (const std::string& note : problem.notes()) log.message(note);
  log.layout(problem.unknown());
  const MemoryPlan plan = problem.plan();
  log.message(plan.text(comm));
  if (run->line.plan) return ExitCode::Success;
  plan.requireRoom(comm, problem.source().sizeText());
  if (out) out->requireSpace(problem.data(), problem.unknown());
  const auto keeper = out ? keepCheckpoints(comm, *run, log, problem.unknown().shape(), problem.inputFiles()) : nullptr;

  // 3. The data, and how they came about.
  ImagingModel model = imagingModel(problem.source().read(), problem.unknown(), problem.H(), problem.text(), options);
  model.line = problem.source().isLine();
  model.unknownLine = problem.unknownIsLine();
  if (run->line.check) {
    const auto lines = checkDeconvolution(model, problem.priors(), options);
    log.message(checkTable(lines));
    return allPassed(lines) ? ExitCode::Success : ExitCode::Diverged;
  }

  // 4. The estimate, draws around it, the product.
  return solveAndWrite(model, problem.priors(), options, *run, problem.source().stack(model), {}, *keeper, log, *out);
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, solve); }
