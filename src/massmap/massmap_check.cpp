#include "massmap/massmap_check.hpp"

#include "base/half_of_the_ranks.hpp"
#include "model/gaussian_noise.hpp"

namespace lacuna {
namespace {

/// The forward operator of the likelihood, or the lensing operator where there is none.
OperatorPointer forwardOperator(std::shared_ptr<const Fft> fft, const std::optional<Spectrum>& spectrum,
                                double pixelRadian) {
  if (spectrum) return GaussianField(fft, *spectrum, pixelRadian).through({lensingD1, lensingD2});
  return lensing(std::move(fft));
}

}  // namespace

std::vector<CheckLine> checkMassmap(const ShearField& field, std::shared_ptr<const Fft> fft,
                                    const std::optional<Spectrum>& spectrum, const MassMapper& mapper,
                                    const MassMapOptions& options, double pixelRadian) {
  std::vector<CheckLine> lines;
  lines.push_back(checkAdjoint("the lensing operator", *lensing(fft)));
  lines.push_back(checkAdjoint("the Kaiser-Squires operator", *kaiserSquires(fft, options.smoothingPixels)));
  if (mapper.forward()) {
    lines.push_back(checkAdjoint("the field synthesis", *mapper.synthesis()));
    lines.push_back(checkAdjoint("the forward operator", *mapper.forward()));
    const VecHandle variance = bothComponents(field, field.variance);
    auto noise = std::make_shared<GaussianNoise>(field.shear.space(), field.gamma, variance);
    const Likelihood likelihood(mapper.forward(), std::move(noise));
    const VecHandle x = likelihood.space().vec();
    Rng(15).normal(likelihood.space(), x);
    lines.push_back(checkSymmetry("the precision of the data", *likelihood.at(x)->curvature(Curvature::Fisher)));
    lines.push_back(checkGradient("the likelihood", likelihood, x));
  }
  if (sizeOf(field.image.comm()) > 1) {
    const HalfOfTheRanks half(field.image.comm());
    OperatorPointer fewer;
    if (half.comm() != MPI_COMM_NULL) {
      const Cube cube(std::make_shared<ProcessGrid>(half.comm(), 1), field.image.shape());
      fewer = forwardOperator(std::make_shared<Fft>(cube, Planning::Estimate), spectrum, pixelRadian);
    }
    lines.push_back(checkRanks("all against half of them", *forwardOperator(fft, spectrum, pixelRadian), fewer.get()));
  }
  return lines;
}

}  // namespace lacuna
