#include "massmap/massmap_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "io/fits_image.hpp"

namespace lacuna {
namespace {

struct MapText {
  const char *units, *longName;
};
MapText textOf(const std::string& map) {
  if (map == "kappa_E") return {"1", "convergence, E modes"};
  if (map == "kappa_B") return {"1", "convergence, B modes: the same estimator on (gamma2, -gamma1)"};
  if (map == "kappa_ks") return {"1", "convergence, Kaiser-Squires inversion, smoothed"};
  if (map == "std") return {"1", "posterior standard deviation of kappa_E"};
  if (map == "snr") return {"1", "kappa_E / std"};
  if (map == "mask") return {"1", "1 where the map has data"};
  if (map == "count") return {"1", "galaxies in the pixel"};
  if (map == "gamma1") return {"1", "binned shear, first component, +RA/+Dec axes of the grid"};
  if (map == "gamma2") return {"1", "binned shear, second component"};
  if (map == "noise_variance") return {"1", "noise variance of one shear component; infinite where masked"};
  if (map == "residual1") return {"1", "(gamma1 - predicted) / sd; NaN where masked"};
  return {"1", "(gamma2 - predicted) / sd; NaN where masked"};
}

constexpr const char* imageNames[] = {"kappa_E", "std", "snr", "mask"};

bool makesImage(const std::string& map, bool fits, bool withStd) {
  return fits && (withStd || (map != "std" && map != "snr"));
}

/// The files of this name that a run of this kind does not make.
std::vector<std::filesystem::path> notMade(const std::filesystem::path& folder, const std::string& name, bool fits,
                                           bool withStd) {
  std::vector<std::filesystem::path> out;
  for (const std::string map : imageNames)
    if (!makesImage(map, fits, withStd)) out.push_back(folder / (name + "_" + map + ".fits"));
  if (!withStd) out.push_back(folder / (name + "_peaks.csv"));
  return out;
}

}  // namespace

VecHandle standardisedResidual(const ShearField& field, const MassMapper& mapper, Vec kappa, double& chi2PerDatum) {
  VecHandle r = field.shear.space().vec();
  mapper.predict(kappa, r);
  double data = 0, squares = 0;
  {
    const ReadLocal gamma(field.gamma), v(field.variance);
    const WriteLocal out(r);
    const PetscInt n = v.size();
    for (PetscInt i = 0; i < n; ++i)
      for (const PetscInt k : {i, n + i}) {
        out[k] = std::isinf(v[i]) ? std::nan("") : (gamma[k] - out[k]) / std::sqrt(v[i]);
        if (!std::isinf(v[i])) data += 1, squares += out[k] * out[k];
      }
  }
  const MPI_Comm comm = field.image.comm();
  chi2PerDatum = sumOver(comm, squares, nullptr) / sumOver(comm, data, nullptr);
  return r;
}

VecHandle signalToNoise(const ShearField& field, Vec kappa, Vec std) {
  VecHandle snr = field.image.space().vec();
  const ReadLocal k(kappa), s(std);
  const WriteLocal out(snr);
  for (PetscInt i = 0; i < k.size(); ++i) out[i] = k[i] / s[i];  // std = 0 only where the prior has no power at all
  return snr;
}

ProductGrid productGrid(const ShearField& field) {
  ProductGrid grid;
  grid.nx = field.window.count[2];
  grid.ny = field.window.count[1];
  grid.pixelArcmin = field.sky.pixelArcmin();
  grid.projection = field.sky.projection() == Projection::None ? "none" : "gnomonic";
  grid.centerRaDeg = field.onSky ? field.sky.centerRa() : std::nan("");
  grid.centerDecDeg = field.onSky ? field.sky.centerDec() : std::nan("");
  if (field.onSky) grid.wcs = field.sky.wcs();
  return grid;
}

void writeMaps(Product& product, const ShearField& field, const MassmapResults& results, MassMethod method,
               const std::string& prior) {
  auto image = [&](const char* name, Vec x) {
    if (x) product.map(name, field.image, field.window, 0, x, textOf(name).units, textOf(name).longName);
  };
  auto component = [&](const char* name, PetscInt channel, Vec x) {
    product.map(name, field.shear, field.window, channel, x, textOf(name).units, textOf(name).longName);
  };
  product.grid(productGrid(field));
  image("kappa_E", results.e.kappa);
  image("kappa_B", results.kappaB);
  image("kappa_ks", results.kappaKs);
  image("std", results.std);
  image("snr", results.snr);
  image("count", field.count);
  image("mask", field.mask);
  image("noise_variance", field.variance);
  component("gamma1", 0, field.gamma);
  component("gamma2", 1, field.gamma);
  component("residual1", 0, results.residual);
  component("residual2", 1, results.residual);
  product.peaks(results.peaks);
  product.note("shear_convention",
               "x = column along +RA, y = row along +Dec; gamma_hat = (kx^2 - ky^2, 2 kx ky) / k^2 kappa_hat; shear is "
               "treated as "
               "shear, not as reduced shear g = gamma / (1 - kappa)");
  product.note("mean_convention",
               "shear does not tell the mean of the convergence (mass sheet): the mean of kappa over the padded grid "
               "is that of the "
               "prior, 0; the mean of the part shown here is whatever that leaves");
  product.note("prior", prior);
  product.note("method",
               method == MassMethod::Wiener  ? "wiener: posterior mean under a Gaussian prior and Gaussian noise"
               : method == MassMethod::NullB ? "null-b: weighted least squares with B = 0, minimum norm where masked"
                                             : "kaiser-squires: direct inversion with masked pixels as zero, smoothed");
}

std::string MassmapResults::summary() const {
  const WienerResult& r = e.result;
  std::string out =
      e.filter
          ? fmt::format("{} in {} iterations, ||r||/||b|| = {:.2e}; energy {:.5f} nats = {:.5f} data + {:.5f} prior; ",
                        r.reason, r.iterations, r.residual, r.energy, r.dataEnergy, r.priorEnergy)
          : std::string();
  out += fmt::format("chi2 per datum {:.4f}", chi2PerDatum);
  if (snr) out += fmt::format("\n{} peaks above the threshold", peaks.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(peaks.size(), 5); ++i)
    out += fmt::format("\n  S/N {:.1f} at RA {:.4f}, Dec {:.4f}", peaks[i].snr, peaks[i].ra, peaks[i].dec);
  return out;
}

MassmapOutput::MassmapOutput(MPI_Comm comm, const std::filesystem::path& folder, const std::string& name, bool fits,
                             bool withStd, bool overwrite)
    : product_(comm, "lacuna-massmap", folder, name, overwrite),
      log_((folder / (name + ".jsonl")).string()),
      leftovers_(comm, notMade(folder, name, fits, withStd), overwrite) {
  for (const std::string map : imageNames)
    if (makesImage(map, fits, withStd))
      images_.push_back({map, OutputFile(comm, folder / (name + "_" + map + ".fits"), overwrite)});
  if (withStd) peaks_ = std::make_unique<OutputFile>(comm, folder / (name + "_peaks.csv"), overwrite);
}

void MassmapOutput::requireSpace(const Window& window, std::int64_t rotations) const {
  const std::int64_t bytes = 8 * static_cast<std::int64_t>(window.count[1]) * window.count[2];
  const auto maps = static_cast<std::int64_t>(peaks_ ? 12 : 10), fits = static_cast<std::int64_t>(images_.size());
  product_.requireSpace((maps + fits + 3 * rotations) * bytes);
}

std::vector<std::string> MassmapOutput::commit(const ShearField& field, const MassmapResults& results) {
  std::vector<std::string> paths;
  const std::optional<SkyWcs> wcs = field.onSky ? std::optional(field.sky.wcs()) : std::nullopt;
  for (Image& image : images_) {
    const Vec x = image.map == "kappa_E" ? results.e.kappa
                  : image.map == "std"   ? results.std
                  : image.map == "snr"   ? results.snr
                                         : field.mask;
    writeFitsImage(image.file, field.image, field.window, 0, x,
                   {textOf(image.map).units, textOf(image.map).longName, image.map, "lacuna-massmap"}, wcs);
  }
  if (peaks_) peaks_->write(peaksCsv(results.peaks));
  for (Image& image : images_) {
    image.file.commit();
    paths.push_back(image.file.path());
  }
  if (peaks_) {
    peaks_->commit();
    paths.push_back(peaks_->path());
  }
  leftovers_.remove();
  product_.commit();  // the last: who sees NAME.h5 has everything
  paths.insert(paths.begin(), product_.path());
  return paths;
}

}  // namespace lacuna
