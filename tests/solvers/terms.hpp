#pragma once
/// Separable convex terms with known minimisers, made of one function of each entry and its natural index.
#include "model/term.hpp"
#include "natural.hpp"
#include "operators/algebra.hpp"

namespace lacuna {

/// value, first and second derivative of one entry
struct Slope {
  double value, first, second;
};
using EntryFunction = std::function<Slope(std::int64_t natural, double x)>;

/// E(x) = sum_i f(i, x_i)
class Separable final : public Term {
 public:
  Separable(const Space& s, EntryFunction f) : Term(s), f_(std::move(f)) {}

 private:
  class At final : public TermAt {
   public:
    At(const Space& s, const EntryFunction& f, Vec x) : space_(s), value_(s.vec()), first_(s.vec()), second_(s.vec()) {
      const ReadLocal in(x);
      const WriteLocal v(value_), d(first_), dd(second_);
      for (const NaturalRun& run : s.naturalRuns())
        for (PetscInt k = 0; k < run.count; ++k) {
          const PetscInt i = run.local + k;
          const Slope at = f(run.natural + k, in[i]);
          v[i] = at.value, d[i] = at.first, dd[i] = at.second;
        }
    }
    double value() const override {
      PetscScalar sum = 0;
      check(VecSum(value_, &sum));
      return sum;
    }
    void gradient(Vec g) const override { check(VecCopy(first_, g)); }
    OperatorPointer curvature(Curvature) const override {
      VecHandle d = space_.vec();
      check(VecCopy(second_, d));
      return diagonal(space_, std::move(d));
    }

   private:
    Space space_;
    VecHandle value_, first_, second_;
  };
  std::unique_ptr<TermAt> doAt(Vec x) const override { return std::make_unique<At>(space(), f_, x); }
  EntryFunction f_;
};

}  // namespace lacuna
