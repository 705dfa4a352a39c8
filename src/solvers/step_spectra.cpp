#include "solvers/step_spectra.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "operators/psf_transfer.hpp"
#include "solvers/spectral_kernels.hpp"

namespace lacuna {
namespace {

/// Of a mode with power P. Where it does not vary it is held at the mean, which infinity would not know.
double precision(double P) { return P > 0 ? 1 / P : 1e20; }

}  // namespace

template <class Real>
StepSpectra<Real>::StepSpectra(const ConvexProblem& problem, const Modes& modes, const SplitRows& splits)
    : splits_(splits),
      line_(static_cast<std::size_t>(modes.lineLength()) * static_cast<std::size_t>(modes.inner())),
      smooth_(problem.smooth),
      slopes_(problem.totalVariation > 0),
      starlets_(problem.starlet > 0),
      mean_(problem.power ? problem.mean : 0) {
  const Cube& grid = modes.cube();
  share_.reserve(static_cast<std::size_t>(modes.perPlane()));
  for (const double s : modes.share())
    share_.push_back(static_cast<Real>(s / static_cast<double>(grid.shape().pixels())));
  if (problem.power) precision_.reserve(share_.size());
  const auto inner = static_cast<std::size_t>(modes.inner());
  double corner = 0;  // of the first mode here
  modes.forEach([&](const Mode& k) {
    if (problem.power) precision_.push_back(precision(problem.power(k)));
    const std::size_t mode = static_cast<std::size_t>(k.local), inLine = mode % line_;
    if (inLine > 0 && mode >= line_) return;
    const double laplacian = squaredDifferences(k, problem.spacing);
    if (mode == 0) corner = laplacian;
    if (inLine == 0) lines_.push_back(laplacian);
    if (mode < line_ && inLine % inner == 0) along_.push_back(laplacian - corner);
    if (mode < inner) inner_.push_back(laplacian - corner);
  });
  const PetscInt first = problem.data.box().start[0];
  double mine = 0;
  for (PetscInt t = 0; t < splits.dataFrames(); ++t) {
    const std::size_t which = problem.psfs.size() == 1 ? 0 : static_cast<std::size_t>(first + t);
    if (t == 0 || problem.psfs.size() > 1) {
      const auto h = psfTransfer(modes, problem.psfs[which]);
      for (const auto& v : h) mine = std::max(mine, std::norm(v));
      transfers_.emplace_back(h.begin(), h.end());
    }
    psfOf_.push_back(transfers_.size() - 1);
  }
  checkMpi(MPI_Allreduce(&mine, &gain_, 1, MPI_DOUBLE, MPI_MAX, grid.comm()));
}

template class StepSpectra<float>;
template class StepSpectra<double>;

}  // namespace lacuna
