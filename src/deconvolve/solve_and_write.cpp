#include "deconvolve/solve_and_write.hpp"

#include "base/run.hpp"
#include "deconvolve/deconvolve_results.hpp"
#include "deconvolve/estimate_image.hpp"
#include "deconvolve/posterior.hpp"

namespace lacuna {

ExitCode solveAndWrite(const ImagingModel& model, const ImagingPriors& priors, const DeconvolveOptions& options,
                       const StartedRun& run, const ProductStack& stack, const std::vector<std::string>& notes,
                       Checkpointer& keeper, RunLog& log, DeconvolveOutput& out) {
  // 1. The estimate, and how well it fits.
  rejectUnusedPetscOptions();
  DeconvolveResults results;
  results.estimate = estimateImage(model, priors, options, &keeper);
  Stage kept(&keeper, "estimate", results.estimate.state(model.unknown.space()));
  kept.finish();
  judge(model, options, results);

  // 2. The posterior: draws around the estimate.
  if (options.samples > 1)
    results.std = posteriorStd(model, priors, options, results.estimate, &keeper, &results.estimate.notes);

  // 3. The product.
  Product& product = out.product();
  product.origin(originOf(run, keeper, options.seed));
  writeImages(product, model, results, stack);
  for (std::size_t i = 0; i < notes.size(); ++i) product.note("run" + std::to_string(i + 1), notes[i]);
  writeNotes(product, model, results);
  product.convergence(
      {results.estimate.method, results.estimate.reason, options.rtol, historyOf(log, results.estimate)});
  const MPI_Comm comm = model.data.cube.comm();
  product.performance(phaseTimes(comm));
  log.message(results.summary());
  const std::vector<std::string> written = out.commit(model, results, stack);
  log.finish(results.estimate.reason, phaseTimes(comm), secondsSinceStart(), written);
  keeper.complete(results.estimate.limited);
  return results.estimate.exitCode();
}

}  // namespace lacuna
