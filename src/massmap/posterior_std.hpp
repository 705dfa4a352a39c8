#pragma once
#include "base/observer.hpp"
#include "base/rng.hpp"
#include "massmap/mass_mapper.hpp"

namespace lacuna {

/// What one solve for every unknown (PosteriorOptions::exact) is made for.
constexpr std::int64_t mostExactUnknowns = 10000;

struct PosteriorOptions {
  bool exact = false;  ///< one solve a pixel instead of samples
  int samples = 0;
  std::uint64_t seed = 1;
  double rtol = 1e-5;  ///< of these solves
};

/// Posterior standard deviation of kappa, of ShearField::image; the observer is told of every sample. Collective.
VecHandle posteriorStd(const MassMapper& mapper, const WienerFilter& filter, const ShearField& field,
                       const PosteriorOptions& options, Observer* observer = nullptr);

/// From perturb-and-solve draws about the known mean: sqrt(mean z^2), relative error 1 / sqrt(2 samples).
VecHandle sampledStd(const MassMapper& mapper, const WienerFilter& filter, const PosteriorOptions& options,
                     Observer* observer = nullptr);

/// One solve a pixel of the window, sqrt(e_i^T S M^-1 S^T e_i); pixels of the padding get NaN. Throws 78 above 10^4
/// unknowns.
VecHandle exactStd(const MassMapper& mapper, const WienerFilter& filter, const ShearField& field,
                   Observer* observer = nullptr);

}  // namespace lacuna
