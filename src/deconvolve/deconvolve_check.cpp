#include "deconvolve/deconvolve_check.hpp"

#include "base/half_of_the_ranks.hpp"
#include "deconvolve/prior_terms.hpp"
#include "model/likelihood.hpp"

namespace lacuna {
namespace {

/// A bright, bumpy image: the flat start times (1 + u / 2), u uniform.
VecHandle bumpy(const ImagingModel& model) {
  VecHandle x = flatStart(model);
  const ScratchVec u = model.unknown.space().scratch();
  Rng(15).uniform(model.unknown.space(), u);
  const ReadLocal in(u);
  const WriteLocal out(x);
  for (PetscInt i = 0; i < out.size(); ++i) out[i] *= 1 + 0.5 * in[i];
  return x;
}

double meanOf(Vec x) {
  PetscScalar sum = 0;
  PetscInt n = 0;
  check(VecSum(x, &sum));
  check(VecGetSize(x, &n));
  return sum / static_cast<double>(n);
}

}  // namespace

std::vector<CheckLine> checkDeconvolution(const ImagingModel& model, const ImagingPriors& priors,
                                          const DeconvolveOptions& options) {
  std::vector<CheckLine> lines;
  lines.push_back(checkAdjoint("the blur", *model.blur));
  const Likelihood likelihood(model.mean, model.noise);
  const VecHandle x = bumpy(model);
  lines.push_back(checkGradient("the likelihood", likelihood, x));
  lines.push_back(checkSymmetry("the curvature of the data", *likelihood.at(x)->curvature(Curvature::Fisher)));
  const double level = meanOf(x);
  // Norms rounded so much that differences tell their slope.
  for (const PriorTerm& prior : priorTerms(priors, model.unknown, 1 / level, level, 1)) {
    const VecHandle point = like(x);
    check(VecCopy(x, point));
    if (prior.onLog) check(VecLog(point));
    lines.push_back(checkGradient("a prior", *prior.term, point));
    lines.push_back(checkSymmetry("the curvature of a prior", *prior.term->at(point)->curvature(Curvature::Fisher)));
  }
  if (model.convolution && sizeOf(model.data.cube.comm()) > 1) {
    const HalfOfTheRanks half(model.data.cube.comm());
    OperatorPointer fewer;
    if (half.comm() != MPI_COMM_NULL) {
      const auto grid =
          std::make_shared<ProcessGrid>(half.comm(), model.data.cube.shape().frames, options.stack ? 1 : 0);
      const Cube data(grid, model.data.cube.shape()), unknown(grid, model.unknown.shape());
      fewer = Convolution::make(unknown, data, model.convolution->psfs(),
                                {options.boundary, options.region, options.engine, true});
    }
    lines.push_back(checkRanks("the blur on all against half of them", *model.blur, fewer.get()));
  }
  return lines;
}

}  // namespace lacuna
