#include "solvers/chain_preconditioner.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr double share = 0.3;
/// No pixel counts less than this part of the mean: nothing else may hold it.
constexpr double leastPart = 1e-4;

PetscInt pixelsOf(const Box& box) { return box.count[1] * box.count[2] * box.count[3] * box.count[4]; }

}  // namespace

/// The preconditioner as an operator, which solvers hold.
class ChainPreconditioner::Inverse final : public LinearOperator {
 public:
  explicit Inverse(ChainPreconditioner& of) : LinearOperator(of.unknown_.space(), of.unknown_.space()), of_(of) {}

 private:
  void doApplyForward(Vec x, Vec y) const override { of_.apply(x, y); }
  void doApplyAdjoint(Vec y, Vec x) const override { of_.apply(y, x); }
  ChainPreconditioner& of_;
};

ChainPreconditioner::ChainPreconditioner(const Cube& unknown, std::optional<TimeChain> chain, double rest)
    : unknown_(unknown),
      chain_(std::move(chain)),
      rest_(rest),
      pixels_(pixelsOf(unknown.box())),
      solver_(unknown, pixels_, chain_) {}

OperatorPointer ChainPreconditioner::at(const TermAt& point) {
  const Space& space = unknown_.space();
  const ScratchVec one = space.scratch(), sums = space.scratch();
  check(VecSet(one, 1));
  point.curvature(Curvature::Fisher)->apply(one, sums);
  const PetscInt start = unknown_.box().start[0];
  double mean = sumOver(unknown_.comm(), [&] {
    const WriteLocal v(sums);
    double total = 0;
    for (PetscInt i = 0; i < v.size(); ++i) {
      if (chain_) {  // of a constant the chain says this
        const auto t = static_cast<std::size_t>(start + i / pixels_);
        v[i] -= chain_->diagonal(t) + (t > 0 ? chain_->offDiagonal(t - 1) : 0) +
                (t + 1 < chain_->frames() ? chain_->offDiagonal(t) : 0);
      }
      v[i] = std::max(v[i], 0.0);
      total += v[i];
    }
    return total;
  });
  mean /= static_cast<double>(space.global());
  const double least = mean > 0 ? leastPart * mean : rest_ > 0 ? 0 : 1;
  const ReadLocal v(sums);
  solver_.factor([&](PetscInt frame, double* d) {
    const double* row = v.data() + (frame - start) * pixels_;
    for (PetscInt i = 0; i < pixels_; ++i) d[i] += std::max(share * row[i], least) + rest_;
  });
  return std::make_shared<Inverse>(*this);
}

void ChainPreconditioner::apply(Vec x, Vec y) {
  const ReadLocal in(x);
  const WriteLocal out(y);
  const auto timed = phase_.scope(1e-6 * static_cast<double>(out.size()));
  for (PetscInt step = 0; step < solver_.frames(); ++step) {
    const PetscInt t = solver_.frameAt(step);
    solver_.eliminate(t, 0, pixels_, in.data() + t * pixels_);
  }
  solver_.couple();
  for (PetscInt step = solver_.frames() - 1; step >= 0; --step) {
    const PetscInt t = solver_.frameAt(step);
    solver_.substitute(t, 0, pixels_, out.data() + t * pixels_);
  }
}

}  // namespace lacuna
