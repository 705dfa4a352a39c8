#include "priors/entropy.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "operators/algebra.hpp"

namespace lacuna {
namespace {

class EntropyAt final : public TermAt {
 public:
  EntropyAt(const Space& space, double strength, double level, Vec x)
      : space_(space), strength_(strength), level_(level), x_(space.scratch()) {
    check(VecCopy(x, x_));
  }
  double value() const override {
    return sumOver(space_.comm(), [&] {
      const ReadLocal x(x_);
      double sum = 0;
      for (PetscInt i = 0; i < x.size(); ++i) {
        if (!(x[i] > 0)) return std::isnan(x[i]) ? x[i] : std::numeric_limits<double>::infinity();
        const double d = x[i] / level_ - 1;
        sum += x[i] * std::log1p(d) - level_ * d;
      }
      return strength_ * sum;
    });
  }
  void gradient(Vec g) const override {
    const ReadLocal x(x_);
    const WriteLocal out(g);
    for (PetscInt i = 0; i < x.size(); ++i) out[i] = strength_ * std::log(x[i] / level_);
  }
  OperatorPointer curvature(Curvature) const override {
    VecHandle w = space_.vec();
    {
      const ReadLocal x(x_);
      const WriteLocal out(w);
      for (PetscInt i = 0; i < x.size(); ++i) out[i] = strength_ / x[i];
    }
    return diagonal(space_, std::move(w));
  }

 private:
  Space space_;
  double strength_, level_;
  ScratchVec x_;
};

}  // namespace

Entropy::Entropy(const Space& space, double strength, double level) : Term(space), strength_(strength), level_(level) {
  if (!(strength >= 0) || std::isinf(strength))
    throw Error(ExitCode::BadConfig, "entropy: the strength is " + std::to_string(strength));
  if (!(level > 0) || std::isinf(level))
    throw Error(ExitCode::BadConfig,
                "entropy: the default level is " + std::to_string(level) + "; it must be positive");
}

std::unique_ptr<TermAt> Entropy::doAt(Vec x) const {
  return std::make_unique<EntropyAt>(space(), strength_, level_, x);
}

}  // namespace lacuna
