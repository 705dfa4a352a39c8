#include "massmap/posterior_std.hpp"

#include <cmath>
#include <string>

#include "base/stage.hpp"
#include "samplers/moments.hpp"
#include "samplers/perturb_and_solve.hpp"

namespace lacuna {
namespace {

/// Local index of the pixel with this natural index, or -1.
PetscInt localIndex(const Space& space, std::int64_t natural) {
  for (const NaturalRun& run : space.naturalRuns())
    if (natural >= run.natural && natural < run.natural + run.count)
      return run.local + static_cast<PetscInt>(natural - run.natural);
  return -1;
}

/// Nothing where `local` is -1: the entry is another rank's.
void setEntry(Vec x, PetscInt local, double value) {
  const WriteLocal w(x);
  if (local >= 0) w[local] = value;
}

void tell(Observer* observer, const char* solver, int done, double since) {
  if (!observer) return;
  Progress p;
  p.solver = solver;
  p.iteration = done;
  p.seconds = MPI_Wtime() - since;
  observer->iteration(p);
}

}  // namespace

VecHandle posteriorStd(const MassMapper& mapper, const WienerFilter& filter, const ShearField& field,
                       const PosteriorOptions& options, Observer* observer) {
  filter.solver().setRtol(options.rtol);
  return options.exact ? exactStd(mapper, filter, field, observer) : sampledStd(mapper, filter, options, observer);
}

VecHandle sampledStd(const MassMapper& mapper, const WienerFilter& filter, const PosteriorOptions& options,
                     Observer* observer) {
  const double since = MPI_Wtime();
  const auto& S = *mapper.synthesis();
  const PerturbAndSolve sampler(filter, Rng(options.seed));
  Moments moments(S.range());
  const Stage stage(observer, "samples", moments.state());
  const ScratchVec z = S.domain().scratch(), field = S.range().scratch();
  for (int i = moments.count(); i < options.samples; ++i) {
    sampler.draw(static_cast<std::uint32_t>(i), z, observer);
    S.apply(z, field);
    moments.add(field);
    tell(observer, "sample", i + 1, since);
  }
  VecHandle std = S.range().vec();
  moments.rootMeanSquare(std);
  return std;
}

VecHandle exactStd(const MassMapper& mapper, const WienerFilter& filter, const ShearField& field, Observer* observer) {
  const double since = MPI_Wtime();
  const auto& S = *mapper.synthesis();
  const Space& pixels = S.range();
  if (pixels.global() > mostExactUnknowns)
    throw Error(ExitCode::BadConfig, "[posterior] std = \"exact\" makes one solve a pixel and takes at most " +
                                         std::to_string(mostExactUnknowns) + " unknowns; this grid has " +
                                         std::to_string(pixels.global()) + " with its padding: use std = \"samples\"");
  const ScratchVec e = pixels.scratch(), b = S.domain().scratch(), z = S.domain().scratch();
  VecHandle std = pixels.vec();
  check(VecSet(std, std::nan("")));
  int rows = 0;
  const Stage stage(observer, "exact std", State().field("std", pixels, std).value("iteration", rows));
  const auto &start = field.window.start, &count = field.window.count;
  for (PetscInt y = rows; y < count[1]; ++y) {
    for (PetscInt x = 0; x < count[2]; ++x) {
      const PetscInt mine =
          localIndex(pixels, static_cast<std::int64_t>(start[1] + y) * field.image.shape().nx + start[2] + x);
      check(VecSet(e, 0));
      setEntry(e, mine, 1);
      S.applyAdjoint(e, b);
      const LinearResult r = filter.solver().solve(b, z, observer);
      if (!r.converged)
        throw RankError(
            ExitCode::Diverged, 0,
            "exact std of pixel (row " + std::to_string(y) + ", column " + std::to_string(x) + "): " + r.reason);
      PetscScalar variance = 0;
      check(VecDot(b, z, &variance));
      setEntry(std, mine, std::sqrt(variance));
    }
    tell(observer, "exact std, row", ++rows, since);
  }
  return std;
}

}  // namespace lacuna
