#include "massmap/mass_mapper.hpp"

#include <cmath>

#include "model/gaussian_noise.hpp"

namespace lacuna {
namespace {

/// Mean over all pixels, masked ones counted as zero, of the inverse variance.
double meanWeight(const Space& space, Vec variance) {
  const double total = sumOver(space.comm(), [&] {
    const ReadLocal v(variance);
    double sum = 0;
    for (PetscInt i = 0; i < v.size(); ++i) sum += 1 / v[i];  // 1/inf = 0
    return sum;
  });
  return total / static_cast<double>(space.global());
}

}  // namespace

MassMapper::MassMapper(const ShearField& field, std::shared_ptr<const Fft> fft, const GaussianField* prior,
                       const MassMapOptions& options)
    : options_(options),
      image_(field.image),
      shear_(field.shear),
      variance_(bothComponents(field, field.variance)),
      lensing_(lensing(fft)),
      inversion_(lacuna::kaiserSquires(fft, options.smoothingPixels)) {
  if (options.method == MassMethod::KaiserSquires) return;
  if (options.method == MassMethod::NullB) {
    synthesis_ = std::make_shared<SpectralSynthesis>(fft, std::vector<Transfer>{[](const Mode&) { return 1.0; }});
    forward_ = std::make_shared<SpectralSynthesis>(fft, std::vector<Transfer>{lensingD1, lensingD2});
    return;
  }
  if (!prior)
    throw Error(
        ExitCode::BadConfig,
        "the Wiener filter needs a Gaussian prior: give [prior] a spectrum, or take [solver] method = \"null-b\"");
  synthesis_ = prior->synthesis();
  forward_ = prior->through({lensingD1, lensingD2});
  const VecHandle diagonal = forward_->gramDiagonal();
  preconditioner_ = meanWeightPreconditioner(forward_->domain(), diagonal, meanWeight(image_.space(), field.variance));
}

MassMap MassMapper::estimate(Vec gamma, Observer* observer) const {
  MassMap map = prepare(gamma);
  solve(gamma, map, observer);
  return map;
}

MassMap MassMapper::prepare(Vec gamma) const {
  MassMap map;
  map.kappa = image_.space().vec();
  if (options_.method == MassMethod::KaiserSquires) return map;
  auto noise = std::make_shared<GaussianNoise>(shear_.space(), gamma, variance_);
  auto likelihood = std::make_shared<Likelihood>(forward_, std::move(noise));
  map.filter = std::make_unique<WienerFilter>(std::move(likelihood), options_.method == MassMethod::Wiener,
                                              preconditioner_, options_.linear);
  return map;
}

void MassMapper::solve(Vec gamma, MassMap& map, Observer* observer) const {
  if (options_.method == MassMethod::KaiserSquires) {
    kaiserSquires(gamma, map.kappa);
    map.result.converged = true;
    map.result.reason = "direct inversion";
    map.result.energy = map.result.dataEnergy = map.result.priorEnergy = Progress::none;
    return;
  }
  const ScratchVec xi = forward_->domain().scratch();
  map.result = map.filter->solve(xi, observer);
  synthesis_->apply(xi, map.kappa);
}

VecHandle MassMapper::estimateB(Vec gamma, Observer* observer) const {
  const ScratchVec rotated = shear_.space().scratch();
  rotateToB(gamma, rotated);
  Quiet quiet(observer);
  return std::move(estimate(rotated, observer ? &quiet : nullptr).kappa);
}

void MassMapper::kaiserSquires(Vec gamma, Vec kappa) const { inversion_->applyAdjoint(gamma, kappa); }
void MassMapper::predict(Vec kappa, Vec gamma) const { lensing_->apply(kappa, gamma); }

}  // namespace lacuna
