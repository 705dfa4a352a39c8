#pragma once
#include <cmath>
#include <concepts>
#include <limits>

#include "model/counts.hpp"
#include "model/noise.hpp"
#include "model/poisson_draw.hpp"

namespace lacuna {

struct ValueAndSlope {
  double value = 0, slope = 0;
};

/// What a noise model says of the datum at local index i with mean mu: all of it rank-local. `used` is false where the
/// datum is masked: the others are not called there then, but for prox, which looks after masks itself.
template <class D>
concept PointDensity = requires(const D& d, std::size_t i, double mu, Uniforms& u, PetscInt n, const double* in,
                                double* out) {
  { d.used(i) } -> std::same_as<bool>;
  { d.value(i, mu) } -> std::same_as<double>;                 // -log p; +inf where not feasible
  { d.valueAndSlope(i, mu) } -> std::same_as<ValueAndSlope>;  // where the value is finite
  { d.hessian(i, mu) } -> std::same_as<double>;
  { d.fisher(i, mu) } -> std::same_as<double>;
  { d.excess(i, mu) } -> std::same_as<double>;  // value - its minimum over mu
  { d.draw(u, i, mu) } -> std::same_as<double>;
  { d.prox(n, n, in, in, out) } -> std::same_as<void>;
};

/// A Noise made of the density of one datum.
template <PointDensity Density>
class PointwiseNoise : public Noise {
 public:
  std::int64_t dataCount() const final { return count_; }

 protected:
  PointwiseNoise(const Space& space, Density density, std::int64_t count)
      : Noise(space), density_(std::move(density)), count_(count) {}
  const Density& density() const { return density_; }

 private:
  /// sum over the data that count of f(local index, mean)
  template <class F>
  double sumOfData(Vec mu, F&& f) const {
    return sumOver(space().comm(), [&] {
      const ReadLocal m(mu);
      double sum = 0;
      for (PetscInt k = 0; k < m.size(); ++k)
        if (const auto i = static_cast<std::size_t>(k); density_.used(i)) sum += f(i, m[k]);
      return sum;
    });
  }
  double doValue(Vec mu) const final {
    return sumOfData(mu, [this](std::size_t i, double m) { return density_.value(i, m); });
  }
  double doDeviance(Vec mu) const final {
    return 2 * sumOfData(mu, [this](std::size_t i, double m) { return density_.excess(i, m); });
  }
  double doValueAndGradient(Vec mu, Vec g) const final {
    return sumOver(space().comm(), [&] {
      const ReadLocal m(mu);
      const WriteLocal slopes(g);
      double sum = 0;
      for (PetscInt k = 0; k < m.size(); ++k) {
        const auto i = static_cast<std::size_t>(k);
        const ValueAndSlope at = density_.used(i) ? density_.valueAndSlope(i, m[k]) : ValueAndSlope{};
        slopes[k] = at.slope;
        sum += at.value;
      }
      return sum;
    });
  }
  void doWeights(Vec mu, Curvature kind, Vec w) const final {
    // 1 / mu^2 overflows at means that are legal: the largest number then, so that products with 0 are 0.
    constexpr double largest = std::numeric_limits<double>::max();
    const ReadLocal m(mu);
    const WriteLocal out(w);
    for (PetscInt k = 0; k < m.size(); ++k) {
      const auto i = static_cast<std::size_t>(k);
      const double weight = !density_.used(i)            ? 0
                            : kind == Curvature::Hessian ? density_.hessian(i, m[k])
                                                         : density_.fisher(i, m[k]);
      out[k] = weight > largest ? largest : weight;
    }
  }
  void doSample(Rng& rng, Vec mu, Vec y) const final {
    const ReadLocal m(mu);
    const WriteLocal out(y);
    for (const NaturalRun& run : space().naturalRuns())
      for (PetscInt k = 0; k < run.count; ++k) {
        const PetscInt i = run.local + k;
        Uniforms uniforms(rng, run.natural + k * run.stride);
        const auto at = static_cast<std::size_t>(i);
        out[i] = density_.used(at) ? density_.draw(uniforms, at, m[i]) : 0;
      }
    rng = rng.at(rng.draw() + 1);
  }
  void doProx(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const final {
    density_.prox(first, count, v, weight, mu);
  }

  Density density_;
  std::int64_t count_;
};

}  // namespace lacuna
