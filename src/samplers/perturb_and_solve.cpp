#include "samplers/perturb_and_solve.hpp"

#include <string>

namespace lacuna {
namespace {
constexpr std::uint32_t priorStream = 0x51, dataStream = 0x52;
}

PerturbAndSolve::PerturbAndSolve(const WienerFilter& filter, const Rng& rng) : filter_(filter), rng_(rng) {
  const VecHandle zero = filter.likelihood().space().vec();
  factor_ = filter.likelihood().factoredAt(zero)->factor();
}

void PerturbAndSolve::draw(std::uint32_t index, Vec z, Observer* observer) const {
  const Space &unknown = factor_->domain(), &data = factor_->range();
  const ScratchVec eta1 = unknown.scratch(), eta2 = data.scratch(), b = unknown.scratch();
  rng_.split(priorStream).at(index).normal(unknown, eta1);
  rng_.split(dataStream).at(index).normal(data, eta2);
  factor_->applyAdjoint(eta2, b);
  if (filter_.prior()) check(VecAXPY(b, 1, eta1));
  const LinearResult r = filter_.solver().solve(b, z, observer);
  if (!r.converged && !r.limited)  // at the limit of iterations the draw is as good as the map

    throw RankError(ExitCode::Diverged, 0,
                    "posterior sample " + std::to_string(index) + ": " + r.reason + " after " +
                        std::to_string(r.iterations) + " iterations");
}

}  // namespace lacuna
