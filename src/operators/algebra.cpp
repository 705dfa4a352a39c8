#include "operators/algebra.hpp"

#include <cmath>

#include "operators/known_diagonal.hpp"

namespace lacuna {
namespace {

const KnownDiagonal* knownDiagonal(const OperatorPointer& A) { return dynamic_cast<const KnownDiagonal*>(A.get()); }

class Identity final : public LinearOperator {
 public:
  explicit Identity(const Space& s) : LinearOperator(s, s) {}

 private:
  void doApplyForward(Vec x, Vec y) const override { check(VecCopy(x, y)); }
  void doApplyAdjoint(Vec y, Vec x) const override { check(VecCopy(y, x)); }
  void doAddTo(Vec x, Vec y) const override { check(VecAXPY(y, 1, x)); }
};

class Diagonal final : public LinearOperator, public KnownDiagonal {
 public:
  Diagonal(const Space& s, VecHandle d) : LinearOperator(s, s), d_(std::move(d)) {}
  Vec values() const { return d_; }
  bool addDiagonal(Vec d) const override {
    check(VecAXPY(d, 1, d_));
    return true;
  }

 private:
  void doApplyForward(Vec x, Vec y) const override { check(VecPointwiseMult(y, d_, x)); }
  void doApplyAdjoint(Vec y, Vec x) const override { doApplyForward(y, x); }
  VecHandle d_;
};

class Composed final : public LinearOperator, public KnownDiagonal {
 public:
  Composed(OperatorPointer B, OperatorPointer A)
      : LinearOperator(A->domain(), B->range()), B_(std::move(B)), A_(std::move(A)) {}
  const OperatorPointer& last() const { return B_; }
  const OperatorPointer& first() const { return A_; }
  bool addDiagonal(Vec d) const override;

 private:
  void doApplyForward(Vec x, Vec y) const override {
    const ScratchVec middle = A_->range().scratch();
    A_->apply(x, middle);
    B_->apply(middle, y);
  }
  void doApplyAdjoint(Vec y, Vec x) const override {
    const ScratchVec middle = A_->range().scratch();
    B_->applyAdjoint(y, middle);
    A_->applyAdjoint(middle, x);
  }
  OperatorPointer B_, A_;
};

class Sum final : public LinearOperator, public KnownDiagonal {
 public:
  explicit Sum(std::vector<OperatorPointer> parts)
      : LinearOperator(parts.front()->domain(), parts.front()->range()), parts_(std::move(parts)) {}
  /// Of the parts that know theirs.
  bool addDiagonal(Vec d) const override {
    bool any = false;
    for (const OperatorPointer& part : parts_)
      if (const KnownDiagonal* known = knownDiagonal(part)) any = known->addDiagonal(d) || any;
    return any;
  }

 private:
  void doApplyForward(Vec x, Vec y) const override {
    parts_.front()->apply(x, y);
    for (std::size_t i = 1; i < parts_.size(); ++i) parts_[i]->addTo(x, y);
  }
  void doApplyAdjoint(Vec y, Vec x) const override {
    parts_.front()->applyAdjoint(y, x);
    if (parts_.size() == 1) return;
    const ScratchVec part = domain().scratch();
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      parts_[i]->applyAdjoint(y, part);
      check(VecAXPY(x, 1, part));
    }
  }
  std::vector<OperatorPointer> parts_;
};

class Scaled final : public LinearOperator, public KnownDiagonal {
 public:
  Scaled(double factor, OperatorPointer A)
      : LinearOperator(A->domain(), A->range()), factor_(factor), A_(std::move(A)) {}
  bool addDiagonal(Vec d) const override {
    const KnownDiagonal* known = knownDiagonal(A_);
    const ScratchVec part = domain().scratch();
    check(VecSet(part, 0));
    if (!known || !known->addDiagonal(part)) return false;
    check(VecAXPY(d, factor_, part));
    return true;
  }

 private:
  void doApplyForward(Vec x, Vec y) const override {
    A_->apply(x, y);
    check(VecScale(y, factor_));
  }
  void doApplyAdjoint(Vec y, Vec x) const override {
    A_->applyAdjoint(y, x);
    check(VecScale(x, factor_));
  }
  double factor_;
  OperatorPointer A_;
};

class Adjoint final : public LinearOperator {
 public:
  explicit Adjoint(OperatorPointer A) : LinearOperator(A->range(), A->domain()), A_(std::move(A)) {}
  const OperatorPointer& of() const { return A_; }

 private:
  void doApplyForward(Vec x, Vec y) const override { A_->applyAdjoint(x, y); }
  void doApplyAdjoint(Vec y, Vec x) const override { A_->apply(y, x); }
  OperatorPointer A_;
};

class Stack final : public LinearOperator {
 public:
  Stack(std::vector<OperatorPointer> parts, const Space& range)
      : LinearOperator(parts.front()->domain(), range), parts_(std::move(parts)) {}

 private:
  void doApplyForward(Vec x, Vec y) const override {
    PetscInt at = 0;
    for (const auto& A : parts_) {
      const ScratchVec part = A->range().scratch();
      A->apply(x, part);
      const ReadLocal from(part);
      const WriteLocal to(y);
      for (PetscInt i = 0; i < from.size(); ++i) to[at + i] = from[i];
      at += from.size();
    }
  }
  void doApplyAdjoint(Vec y, Vec x) const override {
    check(VecSet(x, 0));
    const ScratchVec sum = domain().scratch();
    PetscInt at = 0;
    for (const auto& A : parts_) {
      const ScratchVec part = A->range().scratch();
      {
        const ReadLocal from(y);
        const WriteLocal to(part);
        for (PetscInt i = 0; i < to.size(); ++i) to[i] = from[at + i];
        at += to.size();
      }
      A->applyAdjoint(part, sum);
      check(VecAXPY(x, 1, sum));
    }
  }
  std::vector<OperatorPointer> parts_;
};

class Gram final : public LinearOperator, public KnownDiagonal {
 public:
  Gram(OperatorPointer A, VecHandle w) : LinearOperator(A->domain(), A->domain()), A_(std::move(A)), w_(std::move(w)) {}
  bool addDiagonal(Vec d) const override {
    const KnownDiagonal* known = knownDiagonal(A_);
    return known && known->addGramDiagonal(w_, d);
  }

 private:
  void doApplyForward(Vec x, Vec y) const override { A_->applyGram(w_, x, y); }
  void doApplyAdjoint(Vec y, Vec x) const override { A_->applyGram(w_, y, x); }
  OperatorPointer A_;
  VecHandle w_;
};

/// A^T A
bool Composed::addDiagonal(Vec d) const {
  const auto* transposed = dynamic_cast<const Adjoint*>(B_.get());
  const KnownDiagonal* known = knownDiagonal(A_);
  return transposed && transposed->of() == A_ && known && known->addGramDiagonal(nullptr, d);
}

void require(bool fits, const char* what) {
  if (!fits) throw Error(std::string("operator algebra: ") + what);
}

}  // namespace

OperatorPointer identity(const Space& space) { return std::make_shared<Identity>(space); }

OperatorPointer diagonal(const Space& space, VecHandle d) {
  require(space.holds(d), "diagonal: the vector is not in the space");
  return std::make_shared<Diagonal>(space, std::move(d));
}

OperatorPointer compose(OperatorPointer B, OperatorPointer A) {
  require(B->domain() == A->range(), "compose: the range of the first is not the domain of the second");
  return std::make_shared<Composed>(std::move(B), std::move(A));
}

OperatorPointer sum(std::vector<OperatorPointer> parts) {
  require(!parts.empty(), "sum: no parts");
  for (const auto& A : parts)
    require(A->domain() == parts.front()->domain() && A->range() == parts.front()->range(), "sum: the spaces differ");
  return std::make_shared<Sum>(std::move(parts));
}

OperatorPointer scale(double factor, OperatorPointer A) { return std::make_shared<Scaled>(factor, std::move(A)); }
OperatorPointer adjoint(OperatorPointer A) { return std::make_shared<Adjoint>(std::move(A)); }

OperatorPointer stack(std::vector<OperatorPointer> parts, const Space& range) {
  require(!parts.empty(), "stack: no parts");
  PetscInt local = 0;
  for (const auto& A : parts) {
    require(A->domain() == parts.front()->domain(), "stack: the domains differ");
    local += A->range().local();
  }
  require(local == range.local(), "stack: the parts do not fill the range");
  return std::make_shared<Stack>(std::move(parts), range);
}

OperatorPointer gram(OperatorPointer A, VecHandle w) {
  require(A->range().holds(w), "gram: the weights are not in the range");
  // (D A)^T w (D A) = A^T (d w d) A, which A may do without a pass over memory in the middle
  while (const auto* product = dynamic_cast<const Composed*>(A.get())) {
    const auto* D = dynamic_cast<const Diagonal*>(product->last().get());
    if (!D) break;
    check(VecPointwiseMult(w, w, D->values()));
    check(VecPointwiseMult(w, w, D->values()));
    A = OperatorPointer(product->first());
  }
  return std::make_shared<Gram>(std::move(A), std::move(w));
}

OperatorPointer mask(const Space& space, Vec mask) {
  require(space.holds(mask), "mask: the vector is not in the space");
  VecHandle d = space.vec();
  together(space.comm(), [&] {
    const ReadLocal m(mask);
    const WriteLocal out(d);
    for (PetscInt i = 0; i < m.size(); ++i) {
      if (std::isnan(m[i])) throw Error(ExitCode::BadData, "mask: NaN at local pixel " + std::to_string(i));
      out[i] = m[i] != 0 ? 1 : 0;
    }
  });
  return diagonal(space, std::move(d));
}

}  // namespace lacuna
