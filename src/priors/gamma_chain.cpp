#include "priors/gamma_chain.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "operators/algebra.hpp"

namespace lacuna {
namespace {

constexpr std::uint32_t attempts = 32;  // one in twenty is rejected, or fewer

/// ln of a Gamma(shape, mean 1) variate for one natural index (Marsaglia & Tsang 2000); attempt k uses the draws 2k and
/// 2k + 1 of rng.
double logGamma(const Rng& rng, std::int64_t natural, double shape) {
  const double a = shape < 1 ? shape + 1 : shape, d = a - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (std::uint32_t k = 0; k < attempts; ++k) {
    const double n = rng.at(rng.draw() + 2 * k).normalPair(natural).first;
    const auto [u, boost] = rng.at(rng.draw() + 2 * k + 1).uniformPair(natural);
    if (!(1 + c * n > 0)) continue;
    const double v = (1 + c * n) * (1 + c * n) * (1 + c * n);
    if (std::log(u) >= 0.5 * n * n + d - d * v + d * std::log(v)) continue;
    return std::log(d * v / shape) + (shape < 1 ? std::log(boost) / shape : 0);
  }
  throw Error("gamma chain: " + std::to_string(attempts) + " attempts at a gamma variate failed");
}

/// diag(d) + diag(o) S + S^T diag(o): symmetric and tridiagonal in time.
class Tridiagonal final : public LinearOperator {
 public:
  Tridiagonal(OperatorPointer S, VecHandle d, VecHandle o)
      : LinearOperator(S->domain(), S->domain()), S_(std::move(S)), d_(std::move(d)), o_(std::move(o)) {}

 private:
  void doApplyForward(Vec x, Vec y) const override {
    const ScratchVec part = domain().scratch(), sum = domain().scratch();
    check(VecPointwiseMult(part, o_, x));
    S_->applyAdjoint(part, y);
    S_->apply(x, part);
    check(VecPointwiseMult(part, o_, part));
    check(VecPointwiseMult(sum, d_, x));
    check(VecAXPBYPCZ(y, 1, 1, 1, part, sum));
  }
  void doApplyAdjoint(Vec y, Vec x) const override { doApplyForward(y, x); }
  OperatorPointer S_;
  VecHandle d_, o_;
};

}  // namespace

class GammaChainAt final : public FactoredAt {
 public:
  GammaChainAt(const GammaChain& chain, Vec x)
      : S_(chain.previous_),
        difference_(chain.difference_),
        p_(chain.p_),
        x_(S_->domain().scratch()),
        before_(S_->domain().scratch()) {
    check(VecCopy(x, x_));
    S_->apply(x, before_);
    const PetscInt frames = chain.cube_.box().count[0];
    if (chain.cube_.box().start[0] > 0 || frames == 0) return;
    const WriteLocal m(before_);
    initial_ = m.size() / frames;
    for (PetscInt i = 0; i < initial_; ++i) m[i] = p_.initialMean;
  }
  double value() const override {
    return sumOver(S_->domain().comm(), [&] {
      const ReadLocal x(x_), m(before_);
      double sum = 0;
      for (PetscInt i = 0; i < x.size(); ++i) {
        if (!(x[i] > 0)) return std::isnan(x[i]) ? x[i] : std::numeric_limits<double>::infinity();
        if (!(m[i] > 0)) return std::numeric_limits<double>::infinity();
        const double r = x[i] / m[i];
        sum += shape(i) * (r - std::log(r)) + (perX() ? std::log(x[i]) : 0);
      }
      return sum;
    });
  }
  void gradient(Vec g) const override {
    const ScratchVec down = S_->domain().scratch();
    {
      const ReadLocal x(x_), m(before_);
      const WriteLocal d(down);
      for (PetscInt i = 0; i < x.size(); ++i)  // with respect to x_{t-1}; S^T drops that of m_0
        d[i] = shape(i) * (1 - x[i] / m[i]) / m[i];
    }
    S_->applyAdjoint(down, g);
    const ReadLocal x(x_), m(before_);
    const WriteLocal out(g);
    for (PetscInt i = 0; i < x.size(); ++i) out[i] += shape(i) * (1 / m[i] - 1 / x[i]) + (perX() ? 1 / x[i] : 0);
  }
  OperatorPointer curvature(Curvature kind) const override {
    if (kind == Curvature::Fisher) {
      const OperatorPointer J = factor();
      return compose(adjoint(J), J);
    }
    VecHandle d = like(x_), o = like(x_);
    const ScratchVec down = S_->domain().scratch();
    {
      const ReadLocal x(x_), m(before_);
      const WriteLocal own(down), off(o);
      for (PetscInt i = 0; i < x.size(); ++i) {
        own[i] = shape(i) * (2 * x[i] / m[i] - 1) / (m[i] * m[i]);
        off[i] = -shape(i) / (m[i] * m[i]);
      }
    }
    S_->applyAdjoint(down, d);
    {
      const ReadLocal x(x_);
      const WriteLocal out(d);
      for (PetscInt i = 0; i < x.size(); ++i) out[i] += (shape(i) - (perX() ? 1 : 0)) / (x[i] * x[i]);
    }
    return std::make_shared<Tridiagonal>(S_, std::move(d), std::move(o));
  }
  OperatorPointer factor() const override {
    VecHandle inverse = like(x_), size = like(x_);
    {
      const ReadLocal x(x_), m(before_);
      const WriteLocal i1(inverse), s(size);
      for (PetscInt i = 0; i < x.size(); ++i) {
        i1[i] = 1 / x[i];
        s[i] = std::sqrt(shape(i) * x[i] / m[i]);
      }
    }
    const Space& space = S_->domain();
    return compose(diagonal(space, std::move(size)), compose(difference_, diagonal(space, std::move(inverse))));
  }

 private:
  double shape(PetscInt i) const { return i < initial_ ? p_.initialShape : p_.shape; }
  bool perX() const { return p_.density == GammaChain::Density::PerX; }
  OperatorPointer S_, difference_;
  GammaChain::Parameters p_;
  ScratchVec x_, before_;  ///< x_t and x_{t-1}, m_0 before the first
  PetscInt initial_ = 0;   ///< how many local entries are of frame 0
};

GammaChain::GammaChain(const Cube& cube, const Parameters& p) : Prior(cube.space()), cube_(cube), p_(p) {
  for (const auto& [value, what] : {std::pair(p.shape, "shape"), std::pair(p.initialShape, "shape of the first frame"),
                                    std::pair(p.initialMean, "mean of the first frame")})
    if (!(value > 0) || std::isinf(value))
      throw Error(ExitCode::BadConfig,
                  std::string("gamma chain: the ") + what + " is " + std::to_string(value) + "; it must be positive");
  const auto frames = static_cast<std::size_t>(cube.shape().frames);
  const std::vector<double> none(frames, 0.0), one(frames, 1.0);
  previous_ = std::make_shared<FrameRecursion>(cube, none, one);
  difference_ = std::make_shared<FrameRecursion>(cube, one, std::vector<double>(frames, -1.0));
}

std::unique_ptr<FactoredAt> GammaChain::doFactoredAt(Vec x) const { return std::make_unique<GammaChainAt>(*this, x); }

void GammaChain::sample(Rng& rng, Vec x) const {
  together(space().comm(), [&] {
    const WriteLocal s(x);
    const std::int64_t frame = cube_.shape().size() / cube_.shape().frames;
    for (const NaturalRun& run : space().naturalRuns())
      for (PetscInt i = 0; i < run.count; ++i) {
        const std::int64_t natural = run.natural + i * run.stride;
        s[run.local + i] = natural < frame ? std::log(p_.initialMean) + logGamma(rng, natural, p_.initialShape)
                                           : logGamma(rng, natural, p_.shape);
      }
  });
  rng = rng.at(rng.draw() + 2 * attempts);
  difference_->solve(x, x);  // the ln of the ratios add up
  check(VecExp(x));
}

}  // namespace lacuna
