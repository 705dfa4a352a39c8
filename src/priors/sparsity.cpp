#include "priors/sparsity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "operators/algebra.hpp"
#include "operators/frame_recursion.hpp"
#include "operators/starlet.hpp"

namespace lacuna {
namespace {

/// `count` norms of the features, of weight a, side by side: norm p is over the entries first + p, first + p + stride,
/// ... (`members` of them). Small enough that what is computed in between stays in the cache.
struct Norms {
  static constexpr std::size_t most = 512;
  std::size_t first = 0, count = 0, stride = 0, members = 1;
  double weight = 1;
  /// out <- |u|^2
  void squares(const double* u, double* out) const {
    std::fill_n(out, count, 0.0);
    each([&](std::size_t i, std::size_t p) { out[p] += u[i] * u[i]; });
  }
  /// f(entry, norm) for all members, norms running fastest.
  template <class F>
  void each(F&& f) const {
    for (std::size_t c = 0; c < members; ++c)
      for (std::size_t p = 0; p < count; ++p) f(first + c * stride + p, p);
  }
};
template <class F>
void forEachNorms(const Sparsity::Features& f, F&& work) {
  const Box& box = f.range.box();
  std::size_t plane = 1;
  for (std::size_t axis = 2; axis < 5; ++axis) plane *= static_cast<std::size_t>(box.count[axis]);
  const auto channels = static_cast<std::size_t>(box.count[1]);
  Norms norms{0, 0, plane, f.joint ? channels : 1, 1};
  for (PetscInt t = 0; t < box.count[0]; ++t)
    for (std::size_t c = 0; c < channels; c += norms.members) {
      norms.weight = f.channelWeights.empty() ? 1 : f.channelWeights[c];
      for (std::size_t p = 0; p < plane; p += Norms::most) {
        norms.first = (static_cast<std::size_t>(t) * channels + c) * plane + p;
        norms.count = std::min(Norms::most, plane - p);
        work(norms);
      }
    }
}
using PerNorm = std::array<double, Norms::most>;

/// A^T [w (1 - n n^T)] A with n = u / sqrt(|u|^2 + epsilon^2) and w the weights of lagged diffusivity.
class JointHessian final : public LinearOperator {
 public:
  JointHessian(std::shared_ptr<const Sparsity::Features> features, VecHandle n, VecHandle w)
      : LinearOperator(features->A->domain(), features->A->domain()),
        features_(std::move(features)),
        n_(std::move(n)),
        w_(std::move(w)) {}

 private:
  void doApplyForward(Vec x, Vec y) const override {
    const ScratchVec u = features_->A->range().scratch();
    features_->A->apply(x, u);
    {
      const ReadLocal n(n_), w(w_);
      const WriteLocal v(u);
      PerNorm along;
      forEachNorms(*features_, [&](const Norms& norms) {
        along.fill(0);
        norms.each([&](std::size_t i, std::size_t p) { along[p] += n.data()[i] * v.data()[i]; });
        norms.each(
            [&](std::size_t i, std::size_t p) { v.data()[i] = w.data()[i] * (v.data()[i] - along[p] * n.data()[i]); });
      });
    }
    features_->A->applyAdjoint(u, y);
  }
  void doApplyAdjoint(Vec y, Vec x) const override { doApplyForward(y, x); }
  std::shared_ptr<const Sparsity::Features> features_;
  VecHandle n_, w_;
};

}  // namespace

class SparsityAt final : public TermAt {
 public:
  SparsityAt(std::shared_ptr<const Sparsity::Features> features, double strength, double epsilon, Vec x)
      : features_(std::move(features)), strength_(strength), epsilon_(epsilon), u_(features_->A->range().scratch()) {
    features_->A->apply(x, u_);
  }
  double value() const override {
    return sumOver(features_->range.comm(), [&] {
      const ReadLocal u(u_);
      double sum = 0;
      PerNorm squares;
      forEachNorms(*features_, [&](const Norms& norms) {
        norms.squares(u.data(), squares.data());
        for (std::size_t p = 0; p < norms.count; ++p)  // sqrt(u^2 + e^2) - e without cancellation
          squares[p] /= std::sqrt(squares[p] + epsilon_ * epsilon_) + epsilon_;
        double part = 0;  // by itself, so that the loop above is made of vector instructions
        for (std::size_t p = 0; p < norms.count; ++p) part += squares[p];
        sum += norms.weight * part;
      });
      return strength_ * sum;
    });
  }
  void gradient(Vec g) const override {
    const ScratchVec slope = features_->A->range().scratch();
    weights(slope, nullptr, true);
    features_->A->applyAdjoint(slope, g);
  }
  OperatorPointer curvature(Curvature kind) const override {
    VecHandle w = like(u_);
    if (kind == Curvature::Fisher) {
      weights(w, nullptr);
      return gram(features_->A, std::move(w));
    }
    VecHandle n = like(u_);
    weights(w, n);
    if (features_->joint) return std::make_shared<JointHessian>(features_, std::move(n), std::move(w));
    {
      const ReadLocal direction(n);
      const WriteLocal out(w);  // 1 - n^2 = e^2 / (u^2 + e^2), without cancellation
      const ReadLocal u(u_);
      for (PetscInt i = 0; i < out.size(); ++i) out[i] *= epsilon_ * epsilon_ / (u[i] * u[i] + epsilon_ * epsilon_);
    }
    return gram(features_->A, std::move(w));
  }

 private:
  /// w <- strength a / sqrt(|u|^2 + epsilon^2), times u if `slope`; n <- u / sqrt(|u|^2 + epsilon^2) unless null.
  void weights(Vec w, Vec n, bool slope = false) const {
    const ReadLocal u(u_);
    const WriteLocal out(w);
    if (n) check(VecCopy(u_, n));
    double* direction = nullptr;
    if (n) check(VecGetArray(n, &direction));
    PerNorm inverse;
    forEachNorms(*features_, [&](const Norms& norms) {
      norms.squares(u.data(), inverse.data());
      for (std::size_t p = 0; p < norms.count; ++p) inverse[p] = 1 / std::sqrt(inverse[p] + epsilon_ * epsilon_);
      const double factor = strength_ * norms.weight;
      if (slope)
        norms.each([&](std::size_t i, std::size_t p) { out.data()[i] = factor * inverse[p] * u.data()[i]; });
      else
        norms.each([&](std::size_t i, std::size_t p) { out.data()[i] = factor * inverse[p]; });
      if (direction) norms.each([&](std::size_t i, std::size_t p) { direction[i] *= inverse[p]; });
    });
    if (n) check(VecRestoreArray(n, &direction));
  }
  std::shared_ptr<const Sparsity::Features> features_;
  double strength_, epsilon_;
  ScratchVec u_;
};

Sparsity::Sparsity(Features features, double strength, double epsilon)
    : Term(features.A->domain()),
      features_(std::make_shared<const Features>(std::move(features))),
      strength_(strength),
      epsilon_(epsilon) {
  if (!(strength >= 0) || std::isinf(strength))
    throw Error(ExitCode::BadConfig, "sparsity: the strength is " + std::to_string(strength));
  if (!(epsilon > 0) || std::isinf(epsilon))
    throw Error(ExitCode::BadConfig, "sparsity: epsilon is " + std::to_string(epsilon) + "; it must be positive");
  const std::size_t weights = features_->channelWeights.size();
  if (!(features_->range.space() == features_->A->range()) ||
      (weights > 0 && (features_->joint || weights != static_cast<std::size_t>(features_->range.shape().channels))))
    throw Error("Sparsity: the features do not fit");
}

std::unique_ptr<TermAt> Sparsity::doAt(Vec x) const {
  return std::make_unique<SparsityAt>(features_, strength_, epsilon_, x);
}

double Sparsity::exactValue(Vec x) const {
  if (features_->norm) return strength_ * features_->norm(x);
  const ScratchVec features = features_->A->range().scratch();
  features_->A->apply(x, features);
  return sumOver(space().comm(), [&] {
    const ReadLocal u(features);
    double sum = 0;
    PerNorm squares;
    forEachNorms(*features_, [&](const Norms& norms) {
      norms.squares(u.data(), squares.data());
      for (std::size_t p = 0; p < norms.count; ++p) sum += norms.weight * std::sqrt(squares[p]);
    });
    return strength_ * sum;
  });
}

void Sparsity::shrink(double step, Vec u) const {
  const WriteLocal v(u);
  PerNorm factor;
  forEachNorms(*features_, [&](const Norms& norms) {
    const double threshold = step * strength_ * norms.weight;
    norms.squares(v.data(), factor.data());
    for (std::size_t p = 0; p < norms.count; ++p) {
      const double norm = std::sqrt(factor[p]);
      factor[p] = norm > threshold ? 1 - threshold / norm : 0;
    }
    norms.each([&](std::size_t i, std::size_t p) { v.data()[i] *= factor[p]; });
  });
}

std::shared_ptr<const Sparsity> totalVariation(const Cube& cube, double strength, double epsilon,
                                               const Spacing& spacing) {
  const auto D = std::make_shared<Gradient>(cube, spacing);
  return std::make_shared<Sparsity>(
      Sparsity::Features{D, D->rangeCube(), true, {}, [D](Vec x) { return D->sumOfLengths(x); }}, strength, epsilon);
}

std::shared_ptr<const Sparsity> temporalVariation(const Cube& cube, double strength, double epsilon) {
  return std::make_shared<Sparsity>(Sparsity::Features{frameDifference(cube), cube, false, {}}, strength, epsilon);
}

std::shared_ptr<const Sparsity> starletSparsity(const Cube& cube, int scales, double strength, double epsilon,
                                                const Spacing& spacing) {
  const auto W = std::make_shared<Starlet>(cube, scales, spacing);
  std::vector<double> weights(static_cast<std::size_t>(scales), 1.0);
  weights.push_back(0);
  return std::make_shared<Sparsity>(
      Sparsity::Features{W, W->rangeCube(), false, std::move(weights), [W](Vec x) { return W->sumOfSizes(x); }},
      strength, epsilon);
}

}  // namespace lacuna
