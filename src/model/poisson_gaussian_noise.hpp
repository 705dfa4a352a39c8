#pragma once
#include "model/pointwise_noise.hpp"

namespace lacuna {

/// One number for all data, or one each.
struct PerDatum {
  double number = 0;
  Vec each = nullptr;  ///< in the space of the data; instead of `number`
};

/// A camera: reading = gain (k + read noise) + offset, k the photo-electrons counted.
struct Camera {
  PerDatum gain{1};       ///< reading per photo-electron, > 0
  PerDatum offset{0};     ///< reading without light
  PerDatum readNoise{0};  ///< standard deviation, photo-electrons
};

/// The shifted-Poisson approximation: z = (reading - offset) / gain + r^2 is taken for a Poisson number of mean mu +
/// r^2, r being the read noise; so its mean and variance are right. A z below 0 is taken for 0.
class PoissonGaussianDensity {
 public:
  struct Datum {
    double z = 0;  ///< NaN where masked
    double shift = 0, gain = 1, offset = 0;
  };
  explicit PoissonGaussianDensity(std::vector<Datum> data) : data_(std::move(data)) {}
  bool used(std::size_t i) const { return !std::isnan(data_[i].z); }
  double value(std::size_t i, double mu) const;
  ValueAndSlope valueAndSlope(std::size_t i, double mu) const;
  double hessian(std::size_t i, double mu) const;
  double fisher(std::size_t i, double mu) const;
  double excess(std::size_t i, double mu) const;
  double draw(Uniforms& uniforms, std::size_t i, double mu) const;
  void prox(PetscInt first, PetscInt count, const double* v, const double* weight, double* mu) const;

 private:
  std::vector<Datum> data_;
};

/// Photon counts read by a camera with Gaussian read noise: E = sum_i (mu_i - z_i ln(mu_i + r_i^2)), the
/// shifted-Poisson approximation, see PoissonGaussianDensity (Snyder et al. 1993, doi:10.1364/JOSAA.10.001014). mu is
/// in photo-electrons, data and draws are readings; draws are exact. Feasible: mu >= 0, and mu > 0 where r = 0 < z. The
/// deviance is that of z, its minimum sought over mu + r^2 >= 0.
class PoissonGaussianNoise final : public PointwiseNoise<PoissonGaussianDensity> {
 public:
  /// Collective. As PoissonNoise, but readings may be negative. Throws 65 also where, inside the mask, a gain is not
  /// positive, an offset is not finite, or a read noise is negative or not finite.
  PoissonGaussianNoise(const Space& space, Vec readings, const Camera& camera, Vec mask = nullptr);

 private:
  PoissonGaussianNoise(const Space& space, const Camera& camera, const Counts& counts);
};

}  // namespace lacuna
