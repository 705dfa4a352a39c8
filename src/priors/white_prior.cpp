#include "priors/white_prior.hpp"

#include "operators/algebra.hpp"

namespace lacuna {
namespace {

class WhiteAt final : public FactoredAt {
 public:
  WhiteAt(const Space& space, Vec x) : space_(space), x_(space.vec()) { check(VecCopy(x, x_)); }
  double value() const override {
    PetscScalar xx = 0;
    check(VecDot(x_, x_, &xx));
    return 0.5 * xx;
  }
  void gradient(Vec g) const override { check(VecCopy(x_, g)); }
  OperatorPointer curvature(Curvature) const override { return identity(space_); }
  OperatorPointer factor() const override { return identity(space_); }

 private:
  Space space_;
  VecHandle x_;
};

}  // namespace

std::unique_ptr<FactoredAt> WhitePrior::doFactoredAt(Vec x) const { return std::make_unique<WhiteAt>(space(), x); }

}  // namespace lacuna
