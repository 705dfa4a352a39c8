#include "priors/sparsity.hpp"

#include <cmath>
#include <string>

#include "operators/algebra.hpp"
#include "operators/frame_recursion.hpp"
#include "operators/starlet.hpp"

namespace lacuna {
namespace {

/// Entries first, first + stride, ... (`members` of them) of the features make one norm, of weight a.
struct Group {
  std::size_t first = 0, stride = 1, members = 1;
  double weight = 1;
  double norm2(const double* u) const {
    double sum = 0;
    for (std::size_t c = 0; c < members; ++c) sum += u[first + c * stride] * u[first + c * stride];
    return sum;
  }
};
template <class F>
void forEachGroup(const Sparsity::Features& f, F&& work) {
  const Box& box = f.range.box();
  std::size_t plane = 1;
  for (std::size_t axis = 2; axis < 5; ++axis) plane *= static_cast<std::size_t>(box.count[axis]);
  const auto channels = static_cast<std::size_t>(box.count[1]);
  Group group{0, plane, f.joint ? channels : 1, 1};
  for (PetscInt t = 0; t < box.count[0]; ++t)
    for (std::size_t c = 0; c < channels; c += group.members) {
      group.weight = f.channelWeights.empty() ? 1 : f.channelWeights[c];
      group.first = (static_cast<std::size_t>(t) * channels + c) * plane;
      for (std::size_t p = 0; p < plane; ++p, ++group.first) work(group);
    }
}

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
      forEachGroup(*features_, [&](const Group& g) {
        double along = 0;
        for (std::size_t i = g.first, c = 0; c < g.members; ++c, i += g.stride) along += n.data()[i] * v.data()[i];
        for (std::size_t i = g.first, c = 0; c < g.members; ++c, i += g.stride)
          v.data()[i] = w.data()[i] * (v.data()[i] - along * n.data()[i]);
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
      : features_(std::move(features)), strength_(strength), epsilon_(epsilon), u_(features_->A->range().vec()) {
    features_->A->apply(x, u_);
  }
  double value() const override {
    return sumOver(features_->range.comm(), [&] {
      const ReadLocal u(u_);
      double sum = 0;
      forEachGroup(*features_, [&](const Group& g) {
        const double uu = g.norm2(u.data());  // sqrt(uu + e^2) - e without cancellation
        sum += g.weight * uu / (std::sqrt(uu + epsilon_ * epsilon_) + epsilon_);
      });
      return strength_ * sum;
    });
  }
  void gradient(Vec g) const override {
    const ScratchVec slope = features_->A->range().scratch();
    weights(slope, nullptr);
    check(VecPointwiseMult(slope, slope, u_));
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
  /// w <- strength a / sqrt(|u|^2 + epsilon^2), n <- u / sqrt(|u|^2 + epsilon^2) unless null.
  void weights(Vec w, Vec n) const {
    const ReadLocal u(u_);
    const WriteLocal out(w);
    if (n) check(VecCopy(u_, n));
    double* direction = nullptr;
    if (n) check(VecGetArray(n, &direction));
    forEachGroup(*features_, [&](const Group& g) {
      const double inverse = 1 / std::sqrt(g.norm2(u.data()) + epsilon_ * epsilon_);
      for (std::size_t i = g.first, c = 0; c < g.members; ++c, i += g.stride) {
        out.data()[i] = strength_ * g.weight * inverse;
        if (direction) direction[i] *= inverse;
      }
    });
    if (n) check(VecRestoreArray(n, &direction));
  }
  std::shared_ptr<const Sparsity::Features> features_;
  double strength_, epsilon_;
  VecHandle u_;
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
  const ScratchVec features = features_->A->range().scratch();
  features_->A->apply(x, features);
  return sumOver(space().comm(), [&] {
    const ReadLocal u(features);
    double sum = 0;
    forEachGroup(*features_, [&](const Group& g) { sum += g.weight * std::sqrt(g.norm2(u.data())); });
    return strength_ * sum;
  });
}

void Sparsity::shrink(double step, Vec u) const {
  const WriteLocal v(u);
  forEachGroup(*features_, [&](const Group& g) {
    const double norm = std::sqrt(g.norm2(v.data())), threshold = step * strength_ * g.weight;
    const double factor = norm > threshold ? 1 - threshold / norm : 0;
    for (std::size_t i = g.first, c = 0; c < g.members; ++c, i += g.stride) v.data()[i] *= norm > 0 ? factor : 0;
  });
}

std::shared_ptr<const Sparsity> totalVariation(const Cube& cube, double strength, double epsilon,
                                               const Spacing& spacing) {
  const auto D = std::make_shared<Gradient>(cube, spacing);
  return std::make_shared<Sparsity>(Sparsity::Features{D, D->rangeCube(), true, {}}, strength, epsilon);
}

std::shared_ptr<const Sparsity> temporalVariation(const Cube& cube, double strength, double epsilon) {
  return std::make_shared<Sparsity>(Sparsity::Features{frameDifference(cube), cube, false, {}}, strength, epsilon);
}

std::shared_ptr<const Sparsity> starletSparsity(const Cube& cube, int scales, double strength, double epsilon) {
  const auto W = std::make_shared<Starlet>(cube, scales);
  std::vector<double> weights(static_cast<std::size_t>(scales), 1.0);
  weights.push_back(0);
  return std::make_shared<Sparsity>(Sparsity::Features{W, W->rangeCube(), false, std::move(weights)}, strength,
                                    epsilon);
}

}  // namespace lacuna
